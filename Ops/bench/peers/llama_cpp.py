"""Decode tokens/s of llama.cpp: its library as the PyPI package xllamacpp holds it, through the declarations of its C interface
in the package llama-cpp-py-sync of the neighbouring build (whose own library needs a newer glibc than Debian 12 has).

usage: llama_cpp.py convert SOURCE.gguf TARGET.gguf bf16|f32|q8_0
       llama_cpp.py decode MODEL.gguf --batches 1,8,16,32 --prompt 128 --new 128 --threads 2

`decode` prints {"batch": tokens per second, …}. Every sequence has its own prompt of arbitrary tokens; reading the prompts is
not timed, and nothing is sampled: fixed tokens are fed, which only favours llama.cpp.
"""

import argparse
import importlib.util
import json
import pathlib
import time

from llama_cpp_py_sync._cffi_bindings import ffi

FILE_TYPES = {"f32": 0, "q8_0": 7, "bf16": 32}


def library():
    package = pathlib.Path(importlib.util.find_spec("xllamacpp").origin).parent
    lib = ffi.dlopen(str(next(package.glob("xllamacpp.*.so"))))
    silent = ffi.callback("void(enum ggml_log_level, const char *, void *)", lambda level, text, data: None)
    lib.llama_log_set(silent, ffi.NULL)
    lib.llama_backend_init()
    return lib, silent


def convert(source, target, kind):
    import gguf

    reader = gguf.GGUFReader(source)
    writer = gguf.GGUFWriter(target, reader.fields["general.architecture"].contents())
    for field in reader.fields.values():
        if field.name.startswith("GGUF.") or field.name in ("general.architecture", "general.file_type"):
            continue
        is_array = field.types[0] == gguf.GGUFValueType.ARRAY
        writer.add_key_value(field.name, field.contents(), field.types[0], field.types[-1] if is_array else None)
    writer.add_file_type(FILE_TYPES[kind])
    for tensor in reader.tensors:
        values = gguf.quants.dequantize(tensor.data, tensor.tensor_type).reshape(tuple(reversed(tensor.shape.tolist())))
        form = gguf.GGMLQuantizationType[kind.upper()] if values.ndim > 1 else gguf.GGMLQuantizationType.F32
        writer.add_tensor(tensor.name, gguf.quants.quantize(values, form), raw_dtype=form)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


class Decoder:
    def __init__(self, lib, model, batch, positions, threads):
        self.lib = lib
        parameters = lib.llama_context_default_params()
        parameters.n_ctx = batch * positions
        parameters.n_seq_max = batch
        parameters.n_batch = 2048
        parameters.n_threads = threads
        parameters.n_threads_batch = threads
        self.context = lib.llama_init_from_model(model, parameters)
        if self.context == ffi.NULL:
            raise SystemExit("llama.cpp could not make a context")
        self.batch = lib.llama_batch_init(2048, 0, 1)

    def feed(self, rows):
        """rows: (token, position, sequence, wants logits)"""
        for index, (token, position, sequence, wanted) in enumerate(rows):
            self.batch.token[index] = token
            self.batch.pos[index] = position
            self.batch.n_seq_id[index] = 1
            self.batch.seq_id[index][0] = sequence
            self.batch.logits[index] = wanted
        self.batch.n_tokens = len(rows)
        if self.lib.llama_decode(self.context, self.batch) != 0:
            raise SystemExit("llama_decode failed")
        self.lib.llama_synchronize(self.context)

    def close(self):
        self.lib.llama_batch_free(self.batch)
        self.lib.llama_free(self.context)


def decode(path, batches, prompt, new, threads):
    lib, _silent = library()
    model = lib.llama_model_load_from_file(path.encode(), lib.llama_model_default_params())
    if model == ffi.NULL:
        raise SystemExit(f"llama.cpp could not load {path}")
    rates = {}
    for batch in batches:
        decoder = Decoder(lib, model, batch, prompt + new + 16, threads)
        for sequence in range(batch):
            decoder.feed([(1000 + 7 * i + sequence, i, sequence, i == prompt - 1) for i in range(prompt)])
        start = time.perf_counter()
        for step in range(new):
            decoder.feed([(2000 + 11 * step + s, prompt + step, s, 1) for s in range(batch)])
        rates[str(batch)] = batch * new / (time.perf_counter() - start)
        decoder.close()
    print(json.dumps(rates))


def main():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    converting = commands.add_parser("convert")
    converting.add_argument("source")
    converting.add_argument("target")
    converting.add_argument("kind", choices=sorted(FILE_TYPES))
    decoding = commands.add_parser("decode")
    decoding.add_argument("model")
    decoding.add_argument("--batches", required=True)
    decoding.add_argument("--prompt", type=int, required=True)
    decoding.add_argument("--new", type=int, required=True)
    decoding.add_argument("--threads", type=int, required=True)
    options = parser.parse_args()
    if options.command == "convert":
        convert(options.source, options.target, options.kind)
    else:
        batches = [int(batch) for batch in options.batches.split(",")]
        decode(options.model, batches, options.prompt, options.new, options.threads)


if __name__ == "__main__":
    main()
