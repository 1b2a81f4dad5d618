import CWire

extension DataType: WireEnumeration {
    var wire: Apus__V1__DataType {
        switch self {
        case .float32: APUS__V1__DATA_TYPE__DATA_TYPE_F32
        case .bfloat16: APUS__V1__DATA_TYPE__DATA_TYPE_BF16
        case .int32: APUS__V1__DATA_TYPE__DATA_TYPE_I32
        case .int16: APUS__V1__DATA_TYPE__DATA_TYPE_I16
        case .uint8: APUS__V1__DATA_TYPE__DATA_TYPE_U8
        case .uint16: APUS__V1__DATA_TYPE__DATA_TYPE_U16
        }
    }
}

extension Role: WireEnumeration {
    var wire: Apus__V1__Role {
        switch self {
        case .learner: APUS__V1__ROLE__ROLE_LEARNER
        case .rolloutWorker: APUS__V1__ROLE__ROLE_ROLLOUT_WORKER
        case .rewardVerifier: APUS__V1__ROLE__ROLE_REWARD_VERIFIER
        case .parameterBroadcaster: APUS__V1__ROLE__ROLE_PARAMETER_BROADCASTER
        case .tool: APUS__V1__ROLE__ROLE_TOOL
        }
    }
}

extension Endpoint.Purpose: WireEnumeration {
    var wire: Apus__V1__EndpointPurpose {
        switch self {
        case .serving: APUS__V1__ENDPOINT_PURPOSE__ENDPOINT_PURPOSE_SERVING
        case .notices: APUS__V1__ENDPOINT_PURPOSE__ENDPOINT_PURPOSE_NOTICES
        }
    }
}

extension ResponseFinish: WireEnumeration {
    var wire: Apus__V1__ResponseFinish {
        switch self {
        case .stop: APUS__V1__RESPONSE_FINISH__RESPONSE_FINISH_STOP
        case .length: APUS__V1__RESPONSE_FINISH__RESPONSE_FINISH_LENGTH
        }
    }
}

extension WireVerdict.UnknownReason: WireEnumeration {
    var wire: Apus__V1__UnknownReason {
        switch self {
        case .timeout: APUS__V1__UNKNOWN_REASON__UNKNOWN_REASON_TIMEOUT
        case .crash: APUS__V1__UNKNOWN_REASON__UNKNOWN_REASON_CRASH
        case .malformedTask: APUS__V1__UNKNOWN_REASON__UNKNOWN_REASON_MALFORMED_TASK
        case .unsupported: APUS__V1__UNKNOWN_REASON__UNKNOWN_REASON_UNSUPPORTED
        case .overload: APUS__V1__UNKNOWN_REASON__UNKNOWN_REASON_OVERLOAD
        }
    }
}

extension WeightPrecision: WireEnumeration {
    var wire: Apus__V1__WeightPrecision {
        switch self {
        case .bf16: APUS__V1__WEIGHT_PRECISION__WEIGHT_PRECISION_BF16
        case .fp32: APUS__V1__WEIGHT_PRECISION__WEIGHT_PRECISION_FP32
        }
    }
}

extension FailureCode: WireEnumeration {
    var wire: Apus__V1__FailureCode {
        switch self {
        case .incompatibleProtocol: APUS__V1__FAILURE_CODE__FAILURE_CODE_INCOMPATIBLE_PROTOCOL
        case .wrongRun: APUS__V1__FAILURE_CODE__FAILURE_CODE_WRONG_RUN
        case .malformed: APUS__V1__FAILURE_CODE__FAILURE_CODE_MALFORMED
        case .oversized: APUS__V1__FAILURE_CODE__FAILURE_CODE_OVERSIZED
        case .unauthorised: APUS__V1__FAILURE_CODE__FAILURE_CODE_UNAUTHORISED
        case .unknownMember: APUS__V1__FAILURE_CODE__FAILURE_CODE_UNKNOWN_MEMBER
        case .unknownVersion: APUS__V1__FAILURE_CODE__FAILURE_CODE_UNKNOWN_VERSION
        case .overloaded: APUS__V1__FAILURE_CODE__FAILURE_CODE_OVERLOADED
        case .shuttingDown: APUS__V1__FAILURE_CODE__FAILURE_CODE_SHUTTING_DOWN
        case .internal: APUS__V1__FAILURE_CODE__FAILURE_CODE_INTERNAL
        case .notOffered: APUS__V1__FAILURE_CODE__FAILURE_CODE_NOT_OFFERED
        }
    }
}
