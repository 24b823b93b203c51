"""Structural similarity of drawn pictures by scikit-image, for ssim.json.

    pip install scikit-image==0.26.0
    python regenerate_ssim.py > ssim.json

The pictures are drawn by whole-number arithmetic, so that the test draws the same ones.
"""

import json

import numpy as np
from skimage.metrics import structural_similarity


def draw(width, height, seed):
    """Value of channel c at x, y; must equal `drawn` in tests/ssim.rs."""
    y, x, c = np.mgrid[0:height, 0:width, 0:3]
    wave = (x * (3 + seed) + y * (5 + c) + x * y // (7 + seed)) % 256
    block = ((x // 8 + y // 6 + seed) % 2) * 60
    return ((wave + block + 11 * c) % 256).astype(np.uint8)


def softened(picture, share):
    """Mixed with its mean, in whole numbers."""
    mean = int(picture.astype(np.int64).sum()) // picture.size
    return ((picture.astype(np.int64) * share + mean * (100 - share)) // 100).astype(np.uint8)


def grey(picture):
    return np.round(picture @ np.array([0.299, 0.587, 0.114]))


def similarity(one, other):
    options = dict(gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255)
    planes = [structural_similarity(one[..., c], other[..., c], **options) for c in range(3)]
    return {"grey": structural_similarity(grey(one), grey(other), **options), "rgb": float(np.mean(planes))}


cases = []
for width, height in [(64, 48), (33, 57), (128, 128)]:
    first = draw(width, height, 1)
    cases.append({"width": width, "height": height, "other": "drawn", "parameter": 2} | similarity(first, draw(width, height, 2)))
    for share in (90, 50):
        cases.append({"width": width, "height": height, "other": "softened", "parameter": share} | similarity(first, softened(first, share)))
print(json.dumps(cases, indent=1))
