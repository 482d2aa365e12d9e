#!/usr/bin/env python3
"""The training step of a WideResNet in PyTorch on a CUDA device, as fast as its own means go.

    python3 bench/peers/gpu_step_speed.py --batch 128

Channels-last, bfloat16 autocast, fused SGD; eager, then torch.compile with CUDA graphs. Prints images/s, medians of
several rounds; the last line is the best.
"""
import argparse
import statistics
import time

import torch
from torch.nn import functional

from wideresnet import WideResNet


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--depth", type=int, default=40)
    parser.add_argument("--widen", type=int, default=2)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--classes", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2, help="of each measurement")
    return parser.parse_args()


class Step:
    def __init__(self, arguments, compiled):
        torch.manual_seed(1)
        network = WideResNet(arguments.depth, arguments.widen, arguments.classes).cuda().train()
        self.network = network.to(memory_format=torch.channels_last)
        self.optimiser = torch.optim.SGD(network.parameters(), 1e-3, 0.9, nesterov=True, weight_decay=5e-4, fused=True)
        images = torch.rand(arguments.batch, 3, 32, 32, device="cuda") * 2 - 1
        self.images = images.contiguous(memory_format=torch.channels_last)
        self.labels = torch.randint(0, arguments.classes, (arguments.batch,), device="cuda")
        self.loss = torch.compile(self.eager_loss, mode="reduce-overhead") if compiled else self.eager_loss

    def eager_loss(self):
        with torch.autocast("cuda", dtype=torch.bfloat16):
            return functional.cross_entropy(self.network(self.images), self.labels)

    def take(self):
        self.loss().backward()
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)

    def measure(self, seconds):
        for _ in range(10):
            self.take()
        torch.cuda.synchronize()
        start, steps = time.monotonic(), 0
        while time.monotonic() - start < seconds:
            for _ in range(10):
                self.take()
            torch.cuda.synchronize()
            steps += 10
        return steps * len(self.images) / (time.monotonic() - start)


def main():
    arguments = parse_arguments()
    torch.backends.cudnn.benchmark = True
    torch.set_float32_matmul_precision("high")
    print(f"torch {torch.__version__}, CUDA {torch.version.cuda}, cuDNN {torch.backends.cudnn.version()}, "
          f"{torch.cuda.get_device_name()}")
    best = 0
    for name, compiled in (("eager", False), ("torch.compile, reduce-overhead", True)):
        try:
            step = Step(arguments, compiled)
            speeds = [step.measure(arguments.seconds) for _ in range(arguments.rounds)]
        except Exception as error:  # no compiler for torch.compile, say: the other figure still counts
            print(f"{name}: failed: {error}")
            continue
        best = max(best, statistics.median(speeds))
        print(f"{name}: {statistics.median(speeds):.0f} images/s", flush=True)
    print(f"PyTorch: {best:.0f} images/s")


if __name__ == "__main__":
    main()
