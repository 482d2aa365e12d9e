"""What an image costs as the data set grows, and how much memory each preset takes.

    make && python3 bench/scaling.py time
    python3 bench/scaling.py memory

time    trains the network of the preset `quick` on synthetic sets of several sizes, as many epochs as make the number of
        images seen equal, by turns: every round visits every size, in another order. What counts is the ratio within a
        round, since the machine's speed drifts between rounds.
memory  runs a preset and prints the largest resident set of the process. `paper` is given synthetic sets of CIFAR's
        sizes and is interrupted after --seconds: by then its first training has reached its memory.

Needs nothing but Python and the program.
"""
import argparse
import json
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile
import time


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("time", "memory"))
    parser.add_argument("--binary", default="build/transinv")
    parser.add_argument("--sizes", default="1000,5000,50000", help="training images; the first is the yardstick")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--threads", type=int, help="default: what the program chooses")
    parser.add_argument("--clock", choices=("wall", "processor"), default="wall",
                        help="processor, with --threads 1: for machines on which others work")
    parser.add_argument("--presets", default="ci,quick,paper")
    parser.add_argument("--seconds", type=float, default=60, help="after which paper is interrupted")
    arguments = parser.parse_args()
    if arguments.clock == "processor" and arguments.threads != 1:
        parser.error("--clock processor: threads that wait spin, so it takes --threads 1")
    if arguments.rounds < 2:
        parser.error("--rounds: quartiles need two at least")
    return arguments


def settings(pairs):
    return [argument for pair in pairs for argument in ("--set", pair)]


def train(arguments, size, epochs, folder):
    """Trains in `folder` and returns the processor seconds that it took."""
    command = [arguments.binary, "train", "--quiet", "--preset", "quick", "--output", f"{folder}/run"] + settings([
        f"data.synthetic_train_images_teacher={size}", "data.synthetic_test_images_teacher=10",
        f"teacher.epochs={epochs}", "training.evaluate_every=0"])
    command += [] if arguments.threads is None else [f"--threads={arguments.threads}"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit(f"{' '.join(command)}: ended with status {os.waitstatus_to_exitcode(status)}")
    return usage.ru_utime + usage.ru_stime


def read_log(folder):
    """How many images were trained on, and the seconds of all epochs."""
    lines = [json.loads(line) for line in pathlib.Path(folder, "run", "log.jsonl").read_text().splitlines()]
    batch = json.loads(pathlib.Path(folder, "run", "run.json").read_text())["configuration"]["training.batch_size"]
    return lines[-1]["steps"] * batch["value"], sum(line["seconds"] for line in lines)


def seconds_per_image(arguments, size, images):
    """Of whole epochs: image order, steps and reading back, without drawing and evaluation. The wall's clock is that of
    log.jsonl; the processor's is the difference of two trainings, one of twice the epochs."""
    epochs = max(1, images // size)
    with tempfile.TemporaryDirectory() as folder:
        once = train(arguments, size, epochs, folder)
        trained, seconds = read_log(folder)
    if arguments.clock == "wall":
        return seconds / trained
    with tempfile.TemporaryDirectory() as folder:
        return (train(arguments, size, 2 * epochs, folder) - once) / trained


def quartiles(values):
    return statistics.quantiles(values, n=4, method="inclusive")


def measure_time(arguments):
    sizes = [int(size) for size in arguments.sizes.split(",")]
    ratios = {size: [] for size in sizes}
    times = {size: [] for size in sizes}
    for number in range(arguments.rounds):
        shift = number % len(sizes)
        visited = {size: seconds_per_image(arguments, size, max(sizes)) for size in sizes[shift:] + sizes[:shift]}
        for size in sizes:
            times[size].append(visited[size])
            ratios[size].append(visited[size] / visited[sizes[0]])
        print(f"round {number + 1}: " + ", ".join(f"{size}: {1e6 * visited[size]:.1f} us" for size in sizes), flush=True)
    print(f"{'images':>8} {'us/image':>9} {'ratio':>7} {'quartiles':>15}")
    for size in sizes:
        low, middle, high = quartiles(ratios[size])
        print(f"{size:8} {1e6 * statistics.median(times[size]):9.1f} {middle:7.3f} {low:7.3f} {high:7.3f}")
    worst = max(abs(statistics.median(ratios[size]) - 1) for size in sizes)
    print(f"largest deviation of a median: {100 * worst:.1f} %")
    return 0 if worst <= 0.1 else 1


def largest_resident_megabytes(command, seconds):
    """Runs to the end, or to an interrupt after `seconds`; the largest resident set in MB."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    begun = time.monotonic()
    while True:
        ended, status, usage = os.wait4(process.pid, os.WNOHANG)
        if ended:
            break
        if seconds is not None and time.monotonic() - begun > seconds:
            process.send_signal(signal.SIGINT)
            seconds = None
        time.sleep(0.05)
    code = os.waitstatus_to_exitcode(status)
    if code not in (0, 5):
        raise SystemExit(f"{' '.join(command)}: ended with status {code}")
    return usage.ru_maxrss * 1024 / 1e6


def measure_memory(arguments):
    sizes = ["data.source=synthetic"] + [
        f"data.synthetic_{part}_images_{role}={count}" for part, count in (("train", 50000), ("test", 10000))
        for role in ("teacher", "target")]
    for preset in arguments.presets.split(","):
        with tempfile.TemporaryDirectory() as folder:
            command = [arguments.binary, "reproduce", "--quiet", "--no-plots", "--preset", preset, "--results", folder]
            whole = preset != "paper"
            alone = largest_resident_megabytes(command + ["--no-profile"] + ([] if whole else settings(sizes)),
                                               None if whole else arguments.seconds)
            print(f"{preset}: {alone:.0f} MB" + ("" if whole else f", interrupted after {arguments.seconds:.0f} s"))
            if whole:  # nothing is left to train: what the profile takes
                print(f"{preset}: {largest_resident_megabytes(command, None):.0f} MB in the profile at the end")
    return 0


def main():
    arguments = parse_arguments()
    return measure_time(arguments) if arguments.what == "time" else measure_memory(arguments)


if __name__ == "__main__":
    sys.exit(main())
