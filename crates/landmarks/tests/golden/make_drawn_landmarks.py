"""Draw landmarks.txt as the paper draws landmarks, by another way than the program's. See regenerate.md."""

import cv2
import numpy as np

SIDE = 256
WIDTH = 2.0
PARTS = [
    (range(0, 17), (255, 255, 255), False),
    (range(17, 22), (255, 0, 0), False),
    (range(22, 27), (0, 255, 0), False),
    (range(27, 31), (0, 0, 255), False),
    (range(31, 36), (0, 0, 255), False),
    (range(36, 42), (255, 0, 255), True),
    (range(42, 48), (0, 255, 255), True),
    (range(48, 60), (255, 255, 0), True),
]
PUPILS = (255, 128, 0)

points = np.loadtxt("landmarks.txt")
picture = np.zeros((SIDE, SIDE, 3), np.uint8)
pixels = np.stack(np.meshgrid(np.arange(SIDE), np.arange(SIDE)), -1).astype(float)


def disc(centre, radius, colour):
    picture[np.linalg.norm(pixels - centre, axis=-1) < radius] = colour


def strip(a, b, colour):
    """Pixel centres between both ends and within half a width of the line; the ends are round."""
    disc(a, WIDTH / 2, colour)
    disc(b, WIDTH / 2, colour)
    a, b = sorted([tuple(a), tuple(b)])
    a, b = np.array(a), np.array(b)
    length = np.linalg.norm(b - a)
    along = (b - a) / length
    ahead = (pixels - a) @ along
    aside = (pixels - a) @ np.array([-along[1], along[0]])
    inside = (ahead >= 0) & (ahead <= length) & (-aside >= -WIDTH / 2) & (-aside < WIDTH / 2)
    picture[inside] = colour


for part, colour, is_closed in PARTS:
    ends = list(zip(part, list(part)[1:])) + ([(part[-1], part[0])] if is_closed else [])
    for a, b in ends:
        strip(points[a], points[b], colour)
for pupil in points[68:]:
    disc(pupil, WIDTH, PUPILS)
cv2.imwrite("drawn_landmarks.png", picture[:, :, ::-1])
