"""Trains WideResNet in PyTorch as transinv trains it, and prints the accuracy on the test images for every seed.

    /usr/bin/python3 bench/peers/parity.py ARCHIVE.tar.gz --seeds 1,2,3

SGD with Nesterov momentum, weight decay on all parameters, a cosine over all steps, the last partial batch of an
epoch dropped, batch statistics as PyTorch keeps them, accuracy after the last epoch.
"""
import argparse
import math
import statistics
import time

import torch
from torch.nn import functional

from cifar import normalise, read_part
from wideresnet import WideResNet


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", help="CIFAR-10 or CIFAR-100 binary archive, or a subset in that layout")
    parser.add_argument("--depth", type=int, default=16)
    parser.add_argument("--widen", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--stop-after", type=int, help="end after this many epochs of the schedule")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--rate", type=float, default=0.1)
    parser.add_argument("--rate-minimum", type=float, default=1e-6)
    parser.add_argument("--momentum", type=float, default=0.9)
    parser.add_argument("--weight-decay", type=float, default=5e-4)
    parser.add_argument("--augmentation", choices=["none", "flip_crop"], default="flip_crop")
    parser.add_argument("--seeds", default="1,2,3", help="comma-separated")
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def flip_crop(images):
    """4 black pixels on every side, a crop of the original size at a uniform place, a flip with probability 1/2."""
    count, side = images.shape[0], images.shape[-1]
    padded = functional.pad(images, (4, 4, 4, 4)).permute(0, 2, 3, 1)
    rows = torch.randint(0, 9, (count, 1)) + torch.arange(side)
    columns = torch.randint(0, 9, (count, 1)) + torch.arange(side)
    flipped = torch.rand(count) < 0.5
    columns[flipped] = columns[flipped].flip(1)
    which = torch.arange(count)[:, None, None]
    return padded[which, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def cosine(arguments, step, steps):
    span = arguments.rate - arguments.rate_minimum
    return arguments.rate_minimum + span / 2 * (1 + math.cos(math.pi * step / steps))


def train(arguments, seed, images, labels, classes):
    torch.manual_seed(seed)
    network = WideResNet(arguments.depth, arguments.widen, classes).to(memory_format=torch.channels_last)
    optimiser = torch.optim.SGD(network.parameters(), arguments.rate, arguments.momentum, nesterov=True,
                                weight_decay=arguments.weight_decay)
    steps_per_epoch, step = len(images) // arguments.batch, 0
    for epoch in range(arguments.stop_after or arguments.epochs):
        order, started, losses = torch.randperm(len(images)), time.monotonic(), []
        for batch in order[:steps_per_epoch * arguments.batch].split(arguments.batch):
            optimiser.param_groups[0]["lr"] = cosine(arguments, step, arguments.epochs * steps_per_epoch)
            chosen = images[batch]
            if arguments.augmentation == "flip_crop":
                chosen = flip_crop(chosen)
            inputs = normalise(chosen).contiguous(memory_format=torch.channels_last)
            loss = functional.cross_entropy(network(inputs), labels[batch])
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            losses.append(loss.item())
            step += 1
        print(f"seed {seed}  epoch {epoch + 1:3}  loss {statistics.mean(losses):.4f}  "
              f"{time.monotonic() - started:.1f} s", flush=True)
    return network


@torch.no_grad()
def accuracy_percent(network, images, labels):
    network.eval()
    correct = sum(int((network(normalise(part)).argmax(1) == truth).sum())
                  for part, truth in zip(images.split(500), labels.split(500)))
    return 100 * correct / len(images)


def main():
    arguments = parse_arguments()
    torch.set_num_threads(arguments.threads)
    (images, labels), (test_images, test_labels) = (
        tuple(torch.from_numpy(array) for array in read_part(arguments.archive, part)) for part in ("train", "test"))
    classes = int(labels.max()) + 1
    print(f"torch {torch.__version__}, {len(images)} training and {len(test_images)} test images, {classes} classes")
    results = []
    for seed in (int(text) for text in arguments.seeds.split(",")):
        network = train(arguments, seed, images, labels, classes)
        results.append(accuracy_percent(network, test_images, test_labels))
        print(f"seed {seed}  test accuracy {results[-1]:.2f} %", flush=True)
    spread = f", standard deviation {statistics.stdev(results):.2f}" if len(results) > 1 else ""
    print(f"mean {statistics.mean(results):.2f} %{spread} over {len(results)} seeds")


if __name__ == "__main__":
    main()
