#!/usr/bin/env python3
"""The training step of a WideResNet on a CUDA device, in PyTorch by its own fastest means and in transinv, by turns.

    python3 bench/peers/gpu_step_speed.py --binary build/bench/step-speed --batch 128

PyTorch: channels-last, bfloat16 autocast, fused SGD; step by step, the whole step as one CUDA graph, and both with
torch.compile. transinv: one network, and several in lock step. Every round measures each of them once. Prints images/s as
medians with quartiles; the last lines compare with PyTorch's best. What does not work here is told and left out.
"""
import argparse
import statistics
import sys
import time

import torch
from torch.nn import functional

from step_speed import Ours, quartiles
from wideresnet import WideResNet

WARM_STEPS = 5


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="build/bench/step-speed")
    parser.add_argument("--backend", default="cuda")
    parser.add_argument("--depth", type=int, default=40)
    parser.add_argument("--widen", type=int, default=2)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--classes", type=int, default=100)
    parser.add_argument("--runs", default="1,4", help="networks in lock step, of transinv; comma-separated")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1, help="of each measurement")
    parser.add_argument("--limit", type=float, default=90, help="seconds after which nothing more is compiled")
    return parser.parse_args()


class Step:
    """A training step from images in place."""

    def __init__(self, arguments, compile_mode):
        torch.manual_seed(1)
        network = WideResNet(arguments.depth, arguments.widen, arguments.classes).cuda().train()
        self.network = network.to(memory_format=torch.channels_last)
        self.optimiser = torch.optim.SGD(network.parameters(), 1e-3, 0.9, nesterov=True, weight_decay=5e-4, fused=True)
        images = torch.rand(arguments.batch, 3, 32, 32, device="cuda") * 2 - 1
        self.images = images.contiguous(memory_format=torch.channels_last)
        self.labels = torch.randint(0, arguments.classes, (arguments.batch,), device="cuda")
        self.loss = torch.compile(self.eager_loss, mode=compile_mode) if compile_mode else self.eager_loss
        for _ in range(WARM_STEPS):
            self.take()
        torch.cuda.synchronize()

    def eager_loss(self):
        with torch.autocast("cuda", dtype=torch.bfloat16):
            return functional.cross_entropy(self.network(self.images), self.labels)

    def take(self):
        self.optimiser.zero_grad(set_to_none=True)
        self.loss().backward()
        self.optimiser.step()

    def measure(self, seconds):
        self.take()
        torch.cuda.synchronize()
        start, steps = time.monotonic(), 0
        while time.monotonic() - start < seconds:
            for _ in range(10):
                self.take()
            torch.cuda.synchronize()
            steps += 10
        return steps * len(self.images) / (time.monotonic() - start)


class RecordedStep(Step):
    """The same as one CUDA graph, optimiser included."""

    def __init__(self, arguments, compile_mode):
        aside = torch.cuda.Stream()
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):  # as torch.cuda.graph wants its work warmed up
            super().__init__(arguments, compile_mode)
        torch.cuda.current_stream().wait_stream(aside)
        self.optimiser.zero_grad(set_to_none=True)
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph):
            super().take()
        self.take = self.graph.replay


def peers(arguments):
    """Those that work here, by name; the quickest to prepare first."""
    candidates = (("PyTorch, step by step", Step, None), ("PyTorch, one graph", RecordedStep, None),
                  ("PyTorch, compiled, one graph", RecordedStep, "default"),
                  ("PyTorch, compiled with its graphs", Step, "reduce-overhead"))
    start, ready = time.monotonic(), {}
    for name, kind, mode in candidates:
        if mode is not None and time.monotonic() - start > arguments.limit:
            print(f"{name}: left out, {arguments.limit:.0f} s are over")
            continue
        try:
            ready[name] = kind(arguments, mode)
        except Exception as error:  # no compiler for torch.compile, say: the other figures still count
            print(f"{name}: left out: {type(error).__name__}: {str(error).strip().splitlines()[:1]}")
    return ready


def ours(arguments, runs):
    settings = vars(arguments) | {"runs": runs, "threads": 1, "precision": "bf16", "inference": False}
    return Ours(argparse.Namespace(**settings))


def main():
    arguments = parse_arguments()
    torch.backends.cudnn.benchmark = True
    torch.set_float32_matmul_precision("high")
    print(f"torch {torch.__version__}, CUDA {torch.version.cuda}, cuDNN {torch.backends.cudnn.version()}, "
          f"{torch.cuda.get_device_name()}; {arguments.rounds} rounds of {arguments.seconds:g} s", flush=True)
    rivals = peers(arguments)
    names = {f"transinv, {runs} run{'s' if runs > 1 else ''}": runs for runs in map(int, arguments.runs.split(","))}
    subjects = rivals | {name: ours(arguments, runs) for name, runs in names.items()}
    speeds = {name: [] for name in subjects}
    for _ in range(arguments.rounds):
        for name, subject in subjects.items():
            speeds[name].append(subject.measure(arguments.seconds))
    for name, values in speeds.items():
        print("{:36} {:9.0f} images/s (quartiles {:.0f}, {:.0f})".format(
            name, *(quartiles(values)[place] for place in (1, 0, 2))))
    if not rivals:
        sys.exit("PyTorch: no way to train worked here")
    best = max(rivals, key=lambda name: statistics.median(speeds[name]))
    for name in names:
        ratios = [mine / theirs for mine, theirs in zip(speeds[name], speeds[best])]
        print(f"verdict: {name}: {statistics.median(ratios):.2f} times {best} ({statistics.median(speeds[best]):.0f} images/s)")


if __name__ == "__main__":
    main()
