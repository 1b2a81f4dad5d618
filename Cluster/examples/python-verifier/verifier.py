#!/usr/bin/env python3
"""A reward verifier in Python: it judges tasks of reasoning-gym for a run of Apus.

    verifier.py --learner tcp://127.0.0.1:5555 --keys runs/mine/keys --id reward-verifier-python

It joins the run, serves the rollout workers, sends heartbeats, and leaves when it is told to. Judging happens in a child
process with a deadline, so an answer that hangs or kills a scoring function costs its own request an `unknown`, nothing else.
The protocol is docs/protocol.md; what is special to reasoning-gym is the function `score` alone.
"""
import argparse
import collections
import json
import logging
import multiprocessing
import re
import signal
import sys
import time

import zmq
import zmq.utils.z85 as z85
from apus.v1 import envelope_pb2, failure_pb2, membership_pb2, verification_pb2

import keys

MAGIC, VERSION = 0x41505553, 1
KIND = "reasoning-gym"
MOST_WAITING = 4096
MOST_BYTES = 2 << 20

log = logging.getLogger("verifier")
datasets = {}


class Malformed(Exception):
    """The task's payload is not what this kind requires."""


def score(payload, response):
    """Score of a response, from 0 to 1. The answer is what stands in the last <answer>…</answer>, or else all of it."""
    import reasoning_gym

    try:
        task = json.loads(payload)
        name, seed, size, index = task["dataset"], int(task["seed"]), int(task["size"]), int(task["index"])
        config = task.get("config", {})
        if not 0 <= index < size <= 1_000_000:
            raise ValueError(f"index {index} of {size}")
        key = json.dumps([name, seed, size, config], sort_keys=True)
        if key not in datasets:
            datasets[key] = reasoning_gym.create_dataset(name, seed=seed, size=size, **config)
        entry = datasets[key][index]
    except Exception as error:  # Whatever is wrong with a task, it is not the response.
        raise Malformed(f"{type(error).__name__}: {error}") from error
    found = re.findall(r"<answer>(.*?)</answer>", response, re.DOTALL)
    return float(datasets[key].score_answer((found[-1] if found else response).strip(), entry))


def serve_scores(connection):
    """The child process: questions in, scores out."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        try:
            payload, response = connection.recv()
        except EOFError:  # The verifier is gone.
            return
        try:
            connection.send(("score", score(payload, response)))
        except Malformed as error:
            connection.send(("malformed", str(error)[:500]))
        except Exception as error:
            connection.send(("crash", f"{type(error).__name__}: {error}"[:500]))


class Judge:
    """A child process that scores one response at a time, and is replaced when it hangs or dies."""

    def __init__(self):
        self.spawn = multiprocessing.get_context("spawn")
        self.start()

    def start(self):
        self.connection, theirs = self.spawn.Pipe()
        self.process = self.spawn.Process(target=serve_scores, args=(theirs,), daemon=True)
        self.process.start()
        theirs.close()

    def stop(self):
        self.process.kill()
        self.process.join()
        self.connection.close()

    def restart(self):
        self.stop()
        self.start()


Work = collections.namedtuple("Work", "peer message_id request deadline")


class Verifier:
    def __init__(self, arguments):
        self.id = arguments.id
        self.next_id = 0
        self.incarnation = time.time_ns() // 1000
        self.judge = Judge()
        self.waiting = collections.deque()
        self.current = None
        self.interval, self.next_beat = None, None
        self.verdicts = collections.Counter()
        self.authenticator = None
        self.context = context = zmq.Context()
        self.serving, self.control = context.socket(zmq.ROUTER), context.socket(zmq.DEALER)
        for socket in (self.serving, self.control):
            socket.linger = 1000
            socket.maxmsgsize = MOST_BYTES
        self.public = b""
        if arguments.keys:
            self.keyring = keys.Keyring(arguments.keys, "reward-verifier", arguments.id)
            self.public = z85.decode(self.keyring.public)
            self.authenticator = self.keyring.guard(context, self.serving, "rollout-worker")
            self.keyring.open(self.control, "learner")
        self.serving.bind(arguments.bind)
        self.address = arguments.advertise or self.serving.last_endpoint.decode()
        self.control.connect(arguments.learner)

    # Messages.

    def envelope(self, in_reply_to=0):
        self.next_id += 1
        return envelope_pb2.Envelope(
            magic=MAGIC, protocol_version=VERSION, message_id=self.next_id, in_reply_to=in_reply_to)

    def join(self):
        member = membership_pb2.Member(
            role=membership_pb2.ROLE_REWARD_VERIFIER, id=self.id, incarnation=self.incarnation)
        member.endpoints.add(
            purpose=membership_pb2.ENDPOINT_PURPOSE_SERVING, address=self.address, server_key=self.public)
        hello = self.envelope()
        hello.hello.CopyFrom(membership_pb2.Hello(
            protocol_version=VERSION, member=member, software="apus example verifier", verifier_kinds=[KIND]))
        self.control.send(hello.SerializeToString())

    def leave(self, reason):
        goodbye = self.envelope()
        goodbye.goodbye.reason = reason
        self.control.send(goodbye.SerializeToString())
        log.info("leaving: %s; verdicts: %s", reason, dict(self.verdicts))
        self.close()
        sys.exit(0)

    def close(self):
        """Ends the child, and lets what was sent go out."""
        self.judge.stop()
        self.serving.close()
        self.control.close()
        if self.authenticator:
            self.authenticator.stop()
        self.context.term()

    def hear(self):
        news = envelope_pb2.Envelope.FromString(self.control.recv_multipart()[0])
        body = news.WhichOneof("body")
        if body == "welcome":
            log.info("joined run %s", news.welcome.run_id)
            self.interval = news.welcome.heartbeat_interval_milliseconds / 1000
            self.next_beat = time.monotonic()
        elif body == "failure" and news.failure.code == failure_pb2.FAILURE_CODE_UNKNOWN_MEMBER:
            self.join()
        elif body == "failure":
            self.close()
            sys.exit(f"the learner refused: {news.failure.message}")
        elif body == "heartbeat_reply" and news.heartbeat_reply.stop_requested:
            self.leave("the run is over")

    def beat(self):
        if self.next_beat is not None and time.monotonic() >= self.next_beat:
            pulse = self.envelope()
            pulse.heartbeat.SetInParent()
            self.control.send(pulse.SerializeToString())
            self.next_beat = time.monotonic() + self.interval

    # Verdicts.

    def take(self):
        peer, first, *_ = self.serving.recv_multipart()
        try:
            asked = envelope_pb2.Envelope.FromString(first)
        except Exception:
            return  # Not a message of the protocol; nobody can be told by its number.
        if asked.WhichOneof("body") != "verify_request":
            return
        request = asked.verify_request
        work = Work(peer, asked.message_id, request, time.monotonic() + request.deadline_milliseconds / 1000)
        if request.kind != KIND:
            self.refuse(work, f"this verifier judges {KIND} only")
        elif len(self.waiting) >= MOST_WAITING:
            self.answer_unknown(work, verification_pb2.UNKNOWN_REASON_OVERLOAD, "the queue is full")
        else:
            self.waiting.append(work)

    def advance(self):
        """Gives the child its next question, takes its answer, and ends it when it has had its time."""
        if self.current and self.judge.connection.poll():
            work, self.current = self.current, None
            try:
                kind, value = self.judge.connection.recv()
            except (EOFError, OSError):
                kind, value = "crash", "the scoring process died"
                self.judge.restart()
            if kind == "score":
                self.answer(work, value)
            elif kind == "malformed":
                self.answer_unknown(work, verification_pb2.UNKNOWN_REASON_MALFORMED_TASK, value)
            else:
                self.answer_unknown(work, verification_pb2.UNKNOWN_REASON_CRASH, value)
        if self.current and time.monotonic() >= self.current.deadline:
            work, self.current = self.current, None
            self.judge.restart()
            self.answer_unknown(work, verification_pb2.UNKNOWN_REASON_TIMEOUT, "no score in time")
        while self.waiting and not self.current:
            work = self.waiting.popleft()
            if time.monotonic() >= work.deadline:
                self.answer_unknown(work, verification_pb2.UNKNOWN_REASON_OVERLOAD, "the deadline passed in the queue")
                continue
            self.current = work
            try:
                self.judge.connection.send((work.request.payload, work.request.response.decode()))
            except (OSError, UnicodeDecodeError) as error:
                self.current = None
                self.judge.restart()
                self.answer_unknown(work, verification_pb2.UNKNOWN_REASON_CRASH, str(error))

    def answer(self, work, value):
        correct = value >= 1
        kind = verification_pb2.VERDICT_KIND_CORRECT if correct else verification_pb2.VERDICT_KIND_WRONG
        self.verdicts["correct" if correct else "wrong"] += 1
        self.reply(work, verification_pb2.Verdict(kind=kind, score=value, verifier_id=self.id))

    def answer_unknown(self, work, reason, detail):
        self.verdicts[verification_pb2.UnknownReason.Name(reason)] += 1
        self.reply(work, verification_pb2.Verdict(
            kind=verification_pb2.VERDICT_KIND_UNKNOWN, unknown_reason=reason, detail=detail[:1000], verifier_id=self.id))

    def refuse(self, work, message):
        """Says that another verifier is to be asked, which is no verdict."""
        self.verdicts["refused"] += 1
        reply = self.envelope(in_reply_to=work.message_id)
        reply.failure.code = failure_pb2.FAILURE_CODE_NOT_OFFERED
        reply.failure.message = message
        self.serving.send_multipart([work.peer, reply.SerializeToString()])

    def reply(self, work, verdict):
        reply = self.envelope(in_reply_to=work.message_id)
        reply.verdict_reply.request_id = work.request.request_id
        reply.verdict_reply.verdict.CopyFrom(verdict)
        self.serving.send_multipart([work.peer, reply.SerializeToString()])

    def run(self):
        self.join()
        poller = zmq.Poller()
        poller.register(self.serving, zmq.POLLIN)
        poller.register(self.control, zmq.POLLIN)
        while True:
            child = self.judge.connection.fileno()
            poller.register(child, zmq.POLLIN)
            ready = dict(poller.poll(50))
            poller.unregister(child)
            if self.serving in ready:
                self.take()
            if self.control in ready:
                self.hear()
            self.advance()
            self.beat()


def main():
    parser = argparse.ArgumentParser(description="Judges tasks of reasoning-gym for a run of Apus.")
    parser.add_argument("--learner", required=True, help="the learner's control endpoint, as in runs/NAME/endpoint")
    parser.add_argument("--id", default="reward-verifier-python", help="name of this verifier, unique in the run")
    parser.add_argument("--bind", default="tcp://127.0.0.1:*", help="where workers reach this verifier")
    parser.add_argument("--advertise", help="what workers are told to connect to, if not the bound address")
    protection = parser.add_mutually_exclusive_group(required=True)
    protection.add_argument("--keys", help="directory of keys (docs/operations.md), as in runs/NAME/keys")
    protection.add_argument("--cleartext", action="store_true", help="no encryption; for loopback only")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    verifier = Verifier(arguments)
    signal.signal(signal.SIGTERM, lambda *_: verifier.leave("asked to stop"))
    signal.signal(signal.SIGINT, lambda *_: verifier.leave("asked to stop"))
    verifier.run()


if __name__ == "__main__":
    main()
