#!/usr/bin/env python3
"""Times the 15 corruptions: transinv (build/bench/corruption-speed) beside the Python libraries that CIFAR-10-C was
made with: numpy, scipy, scikit-image, OpenCV, ImageMagick through Wand, and Pillow, called as the recipes in
tests/golden/corruptions/README.md have them. Both take the same images; the fastest of several repeats counts, since
other work on the machine can only slow one down. Draws are part of what is timed.

Debian: apt-get install python3-numpy python3-scipy python3-skimage python3-opencv python3-wand python3-pil
"""
import argparse
import io
import math
import os
import subprocess
import sys
import tempfile
import time

import cv2
import numpy as np
from PIL import Image
from scipy.ndimage import map_coordinates, zoom
import skimage.color
import skimage.filters
import skimage.util
import wand.image

CODES = "GN SN IN Br Co ET DB GB MB ZB Sn Fr Fo Pi JC".split()
SIDE = 32


def finish(unit):
    return np.uint8(np.clip(unit, 0, 1) * 255)


def gaussian_noise(image, severity):
    unit = image / 255.0
    return finish(unit + np.random.normal(size=unit.shape, scale=(0.04, 0.06, 0.08, 0.09, 0.10)[severity]))


def shot_noise(image, severity):
    photons = (500, 250, 100, 75, 50)[severity]
    return finish(np.random.poisson(image / 255.0 * photons) / photons)


def impulse_noise(image, severity):
    return finish(skimage.util.random_noise(image / 255.0, mode="s&p", amount=(0.01, 0.02, 0.03, 0.05, 0.07)[severity]))


def brightness(image, severity):
    hsv = skimage.color.rgb2hsv(image / 255.0)
    hsv[:, :, 2] = np.clip(hsv[:, :, 2] + (0.05, 0.1, 0.15, 0.2, 0.3)[severity], 0, 1)
    return finish(skimage.color.hsv2rgb(hsv))


def contrast(image, severity):
    unit = image / 255.0
    mean = unit.mean(axis=(0, 1), keepdims=True)
    return finish((unit - mean) * (0.75, 0.5, 0.4, 0.3, 0.15)[severity] + mean)


def elastic_transform(image, severity):
    amplitude, sigma, jitter = ((0, 0, 2.56), (1.6, 6.4, 2.24), (2.56, 1.92, 1.92), (3.2, 1.28, 1.6),
                                (3.2, 0.96, 0.96))[severity]
    unit = np.float32(image) / 255
    points = np.float32([[26, 26], [26, 6], [6, 6]])
    moved = points + np.random.uniform(-jitter, jitter, size=points.shape).astype(np.float32)
    unit = cv2.warpAffine(unit, cv2.getAffineTransform(points, moved), (SIDE, SIDE),
                          borderMode=cv2.BORDER_REFLECT_101)
    fields = [skimage.filters.gaussian(np.random.uniform(-1, 1, size=(SIDE, SIDE)), sigma, mode="reflect", truncate=3)
              * amplitude for _ in range(2)]
    x, y, c = np.meshgrid(np.arange(SIDE), np.arange(SIDE), np.arange(3))
    places = (y + fields[1][..., None]).ravel(), (x + fields[0][..., None]).ravel(), c.ravel()
    return finish(map_coordinates(unit, places, order=1, mode="reflect").reshape(image.shape))


def defocus_blur(image, severity):
    radius, sigma = ((0.3, 0.4), (0.4, 0.5), (0.5, 0.6), (1, 0.2), (1.5, 0.1))[severity]
    across = np.arange(-8, 9)
    columns, rows = np.meshgrid(across, across)
    disc = np.float32(columns ** 2 + rows ** 2 <= radius ** 2)
    kernel = cv2.GaussianBlur(disc / disc.sum(), (3, 3), sigma)
    unit = image / 255.0
    return finish(np.stack([cv2.filter2D(unit[:, :, c], -1, kernel) for c in range(3)], axis=2))


def glass_blur(image, severity):
    sigma, passes = ((0.05, 1), (0.25, 1), (0.4, 1), (0.25, 2), (0.4, 2))[severity]
    picture = np.uint8(skimage.filters.gaussian(image / 255.0, sigma, channel_axis=2) * 255)
    for _ in range(passes):
        for row in range(SIDE - 1, 1, -1):
            for column in range(SIDE - 1, 1, -1):
                right, down = np.random.randint(-1, 1, size=2)
                picture[row, column] = picture[row + down, column + right]
    return finish(skimage.filters.gaussian(picture / 255.0, sigma, channel_axis=2))


def motion(picture, radius, sigma, angle):
    """Through PNG and ImageMagick, and back through PNG and OpenCV."""
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG")
    with wand.image.Image(blob=buffer.getvalue()) as blurred:
        blurred.motion_blur(radius=radius, sigma=sigma, angle=angle)
        return cv2.imdecode(np.frombuffer(blurred.make_blob(), np.uint8), cv2.IMREAD_UNCHANGED)


def motion_blur(image, severity):
    radius, sigma = ((6, 1), (6, 1.5), (6, 2), (8, 2), (9, 2.5))[severity]
    blurred = motion(Image.fromarray(image), radius, sigma, np.random.uniform(-45, 45))
    return np.stack((blurred,) * 3, axis=2) if blurred.ndim == 2 else blurred[:, :, ::-1]


def clipped_zoom(unit, factor):
    crop = math.ceil(SIDE / factor)
    start = (SIDE - crop) // 2
    rest = (factor,) * 2 + (1,) * (unit.ndim - 2)
    zoomed = zoom(unit[start:start + crop, start:start + crop], rest, order=1)
    trim = (zoomed.shape[0] - SIDE) // 2
    return zoomed[trim:trim + SIDE, trim:trim + SIDE]


def zoom_blur(image, severity):
    unit = np.float32(image) / 255
    total = np.zeros_like(unit)
    factors = np.arange(1, (1.06, 1.11, 1.16, 1.21, 1.26)[severity], 0.01)  # 7, 12, 16, 21, 26 of them
    for factor in factors:
        total += clipped_zoom(unit, factor)
    return finish((unit + total) / (len(factors) + 1))


def snow(image, severity):
    mean, deviation, factor, threshold, radius, sigma, mix = (
        (0.1, 0.2, 1, 0.6, 8, 3, 0.95), (0.1, 0.2, 1, 0.5, 10, 4, 0.9), (0.15, 0.3, 1.75, 0.55, 10, 4, 0.9),
        (0.25, 0.3, 2.25, 0.6, 12, 6, 0.85), (0.3, 0.3, 1.25, 0.65, 14, 12, 0.8))[severity]
    flakes = clipped_zoom(np.random.normal(size=(SIDE, SIDE), loc=mean, scale=deviation), factor)
    flakes[flakes < threshold] = 0
    picture = Image.fromarray(finish(flakes), mode="L")
    falling = motion(picture, radius, sigma, np.random.uniform(-135, -45))
    falling = (falling if falling.ndim == 2 else falling[:, :, 0])[..., None] / 255.0
    unit = np.float32(image) / 255
    grey = cv2.cvtColor(unit, cv2.COLOR_RGB2GRAY)[..., None]
    white = mix * unit + (1 - mix) * np.maximum(unit, grey * 1.5 + 0.5)
    return finish(white + falling + np.rot90(falling, k=2))


def frost(image, severity):
    """Reads and resizes the picture for every image, as the original does."""
    share, frost_share = ((1, 0.2), (1, 0.3), (0.9, 0.4), (0.85, 0.4), (0.75, 0.45))[severity]
    texture = cv2.resize(cv2.imread(frost.files[np.random.randint(5)]), (0, 0), fx=0.2, fy=0.2)
    row, column = (np.random.randint(0, extent - SIDE) for extent in texture.shape[:2])
    crop = texture[row:row + SIDE, column:column + SIDE][:, :, ::-1]
    return np.uint8(np.clip(share * image + frost_share * crop, 0, 255))


def plasma(decay):
    field = np.zeros((SIDE, SIDE))
    width, step = 100.0, SIDE

    def disturbed(mean):
        return mean + width * np.random.uniform(-width, width, mean.shape)

    while step >= 2:
        half = step // 2
        corners = field[::step, ::step]
        pairs = corners + np.roll(corners, -1, axis=0)
        field[half::step, half::step] = disturbed((pairs + np.roll(pairs, -1, axis=1)) / 4)
        centres = field[half::step, half::step]
        field[::step, half::step] = disturbed((centres + np.roll(centres, 1, axis=0) + corners
                                               + np.roll(corners, -1, axis=1)) / 4)
        field[half::step, ::step] = disturbed((centres + np.roll(centres, 1, axis=1) + corners
                                               + np.roll(corners, -1, axis=0)) / 4)
        step, width = half, width / decay
    field -= field.min()
    return field / field.max()


def fog(image, severity):
    amount, decay = ((0.2, 3), (0.5, 3), (0.75, 2.5), (1, 2), (1.5, 1.75))[severity]
    unit = image / 255.0
    largest = unit.max()
    return finish((unit + amount * plasma(decay)[..., None]) * largest / (largest + amount))


def pixelate(image, severity):
    side = (30, 28, 27, 24, 20)[severity]
    picture = Image.fromarray(image).resize((side, side), Image.BOX)
    return np.asarray(picture.resize((SIDE, SIDE), Image.BOX))


def jpeg_compression(image, severity):
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=(80, 65, 58, 50, 40)[severity])
    return np.asarray(Image.open(buffer))


FUNCTIONS = (gaussian_noise, shot_noise, impulse_noise, brightness, contrast, elastic_transform, defocus_blur,
             glass_blur, motion_blur, zoom_blur, snow, frost, fog, pixelate, jpeg_compression)


def write_textures(folder):
    """Pictures of the published ones' formats and sizes, smoother than those and so rather quicker to decode."""
    random = np.random.RandomState(1)
    names = []
    for name, height, width in (("1.png", 600, 900), ("2.png", 315, 560), ("3.png", 315, 560), ("4.jpg", 350, 527),
                                ("5.jpg", 495, 660)):
        coarse = Image.fromarray(random.randint(0, 256, (height // 8, width // 8, 3), np.uint8))
        names.append(os.path.join(folder, "frost" + name))
        coarse.resize((width, height), Image.BICUBIC).save(names[-1])
    return names


def seconds_per_image(function, severity, images, seconds):
    """The fastest single image, averaged over the images."""
    fastest = [math.inf] * len(images)
    end = time.perf_counter() + seconds
    rounds = 0
    while rounds < 2 or time.perf_counter() < end:
        for i, image in enumerate(images):
            begin = time.perf_counter()
            result = function(image, severity)
            fastest[i] = min(fastest[i], time.perf_counter() - begin)
            assert result.shape == image.shape and result.dtype == np.uint8
        rounds += 1
    return sum(fastest) / len(fastest)


def measure_python(images, seconds):
    return {(code, severity): 1 / seconds_per_image(FUNCTIONS[i], severity - 1, images, seconds)
            for i, code in enumerate(CODES) for severity in range(1, 6)}


def measure_transinv(program, raw, backend, threads, seconds):
    command = [program, raw, "--backend", backend, "--threads", str(threads), "--milliseconds", str(int(1000 * seconds))]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    found = {}
    for line in lines[1:]:
        code, severity, rate = line.split()
        found[code, int(severity)] = float(rate)
    return lines[0], found


def keep_fastest(rates, found):
    for key, rate in found.items():
        rates[key] = max(rate, rates.get(key, 0))


def overall(rates, code):
    """Images per second when every severity gets the same number of images."""
    return 5 / sum(1 / rates[code, severity] for severity in range(1, 6))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", default="tests/golden/corruptions/images.npy", help="N x 32 x 32 x 3 bytes")
    parser.add_argument("--program", default="build/bench/corruption-speed")
    parser.add_argument("--threads", type=int, default=2, help="of transinv; Python's calls run as they are, in one process")
    parser.add_argument("--rounds", type=int, default=5, help="in each, everything is measured once")
    parser.add_argument("--seconds", type=float, default=0.1, help="a round, for each corruption, severity and column")
    options = parser.parse_args()
    images = list(np.load(options.images))
    with tempfile.TemporaryDirectory() as folder:
        raw = os.path.join(folder, "images.raw")
        np.stack(images).tofile(raw)
        frost.files = write_textures(folder)
        names, rates, python = [None] * 3, [{} for _ in range(3)], {}
        for _ in range(options.rounds):
            for i, (backend, threads) in enumerate((("cpu", options.threads), ("cpu", 1), ("reference", 1))):
                names[i], found = measure_transinv(options.program, raw, backend, threads, options.seconds)
                keep_fastest(rates[i], found)
            keep_fastest(python, measure_python(images, options.seconds))
    print("images per second:", ", ".join(name.replace("backend ", "") + " thread(s)" for name in names) + ", Python")
    print("| | " + " | ".join(f"`{name.split()[1]}`, {name.split()[2]} thread(s)" for name in names)
          + f" | Python | ratio, {options.threads} threads | ratio, 1 thread |")
    print("|---" * (len(names) + 4) + "|")
    ratios = [], []
    for code in CODES:
        ours = [overall(rate, code) for rate in rates]
        theirs = overall(python, code)
        for i in range(2):
            ratios[i].append(ours[i] / theirs)
        print(f"| {code} | " + " | ".join(f"{rate:,.0f}" for rate in ours)
              + f" | {theirs:,.0f} | {ratios[0][-1]:.1f} | {ratios[1][-1]:.1f} |")
    means = [math.exp(sum(map(math.log, ratio)) / len(ratio)) for ratio in ratios]
    print(f"| geometric mean | | | | | {means[0]:.1f} | {means[1]:.1f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
