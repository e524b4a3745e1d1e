"""Images in memory: one byte a pixel, normalised when a batch is taken, with ids that stay.

`load` gives training, validation and test images of any dataset by name. The validation images are set aside before
the training images are drawn, and the test set chooses nothing.
"""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from jaxtyping import Float, Int64, UInt8
from torch import Tensor

from workbench.data import sources
from workbench.data.batches import places_of
from workbench.data.draws import balanced, divide, flip_labels
from workbench.data.images import resize
from workbench.work import html, rules
from workbench.work.locks import Lock, cached_property
from workbench.work.seeds import check_seed

TEST_SHARE = 1 / 3  # of a source without a test file, drawn once and for all
NO_CLASS = -100  # the label of images of other data: none of the classes (torch leaves it out of a cross-entropy)
MADE = "wb.load(path) makes whole data of an .npz"
_LOADING = Lock()  # replicas that load the same data at once read them once


@dataclass(frozen=True, eq=False)
class Split:
    """Images (uint8, NCHW), labels, ids, and the mean and deviation by channel that images in [0, 1] are scaled with.

    `ids` are places in the source's training file (training, validation) or test file: they stay the same whatever is
    drawn.
    """

    images: UInt8[Tensor, "examples channels height width"]
    labels: Int64[Tensor, " examples"]
    ids: Int64[Tensor, " examples"]
    mean: Float[Tensor, " channels"]
    std: Float[Tensor, " channels"]

    def __post_init__(self) -> None:
        rules.tensor("images", self.images, torch.uint8, ("examples", "channels", "height", "width"), MADE)
        n, channels = self.images.shape[:2]
        for name, dtype, size in (
            ("labels", torch.int64, n),
            ("ids", torch.int64, n),
            ("mean", torch.float32, channels),
            ("std", torch.float32, channels),
        ):
            rules.tensor(name, getattr(self, name), dtype, (size,), MADE)
        if self.std.device.type == "cpu" and not bool(((self.std > 0) & self.mean.isfinite()).all()):
            given = f"{self.std.min():g} and {self.mean.sum():g}"
            raise ValueError(f"std must be above 0 and mean finite, got {given}; a constant channel has std 1")

    def __len__(self) -> int:
        return len(self.images)

    def __repr__(self) -> str:
        return f"Split({len(self)} images, {'x'.join(map(str, self.images.shape[1:]))})"

    def inputs(self, index: Int64[Tensor, " batch"] | None = None) -> Float[Tensor, "batch channels height width"]:
        """Return the images at `index` (all without one) as a network takes them."""
        return self.normalise(self.images if index is None else self.images.index_select(0, index))

    def normalise(
        self, images: UInt8[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch channels height width"]:
        """Scale uint8 images to mean 0 and deviation 1 by channel: (x / 255 - mean) / std."""
        scale, shift = self._affine
        return (images * scale).add_(shift)  # a fifth of the time of addcmul

    @cached_property
    def _affine(self) -> tuple[Tensor, Tensor]:
        """The normalisation as one product and one sum: x · 1 / (255 std) - mean / std."""
        return (1 / (255 * self.std))[:, None, None], (-self.mean / self.std)[:, None, None]

    def take(self, index: Int64[Tensor, " batch"]) -> Split:
        """Return the split of the examples at these places only."""
        images, labels, ids = (tensor.index_select(0, index) for tensor in (self.images, self.labels, self.ids))
        return Split(images, labels, ids, self.mean, self.std)

    def to(self, device: str | torch.device) -> Split:
        """Return the split on a device; what is there already is not copied."""
        return Split(*(t.to(device) for t in (self.images, self.labels, self.ids, self.mean, self.std)))


@dataclass(frozen=True, eq=False)
class Data:
    """A dataset in three parts, any of which may be empty; `flipped` are the ids whose training labels were flipped."""

    name: str
    train: Split
    validation: Split
    test: Split
    classes: tuple[str, ...]
    flipped: Int64[Tensor, " flipped"]

    def __post_init__(self) -> None:
        parts = {name: getattr(self, name) for name in ("train", "validation", "test")}
        for name, part in parts.items():
            rules.instance(name, part, Split, "a Split", "wb.Split(images, labels, ids, mean, std) makes one")
        if len(shapes := {tuple(part.images.shape[1:]) for part in parts.values()}) > 1:
            raise ValueError(f"the three parts must have images of one shape, got {sorted(shapes)}; resize them first")
        rules.instance("name", self.name, str, "text", '"digits" is one')
        rules.names("classes", self.classes, 'they are all, as ("cat", "dog")')
        rules.tensor("flipped", self.flipped, torch.int64, ("flipped",), "torch.arange(0) is none")

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width of an image."""
        channels, height, width = self.test.images.shape[1:]
        return channels, height, width

    @cached_property
    def fingerprint(self) -> str:
        """The SHA-256 of all that the data are: images, labels, ids, normalisation, classes."""
        sha = hashlib.sha256(repr((self.classes, self.shape)).encode())
        parts = (self.train, self.validation, self.test)
        tensors = [tensor for part in parts for tensor in (part.images, part.labels, part.ids, part.mean, part.std)]
        for tensor in (*tensors, self.flipped):
            sha.update(repr((tensor.dtype, tuple(tensor.shape))).encode())
            sha.update(tensor.cpu().contiguous().numpy().data)
        return sha.hexdigest()

    def only(self, ids: Int64[Tensor, " some"]) -> Data:
        """Return the data with these training examples alone, in their order here; a ValueError for other ids."""
        train = self.train.take(places_of(ids, self.train.ids).unique())
        return replace(self, train=train, flipped=self.flipped[torch.isin(self.flipped, ids)])

    def to(self, device: str | torch.device) -> Data:
        """Return the data on a device; what is there already is not copied."""
        train, validation, test = (split.to(device) for split in (self.train, self.validation, self.test))
        return Data(self.name, train, validation, test, self.classes, self.flipped)

    def __repr__(self) -> str:
        sizes = f"train {len(self.train)}, validation {len(self.validation)}, test {len(self.test)}"
        return f"Data({self.name}: {sizes}, {'x'.join(map(str, self.shape))}, {len(self.classes)} classes)"

    def _repr_html_(self) -> str:
        parts = {"train": self.train, "validation": self.validation, "test": self.test}
        rows = ((name, f"{len(split):,}") for name, split in parts.items())
        caption = f"{self.name}: {'×'.join(map(str, self.shape))}, {len(self.classes)} classes"
        return html.table(rows, head=("", "images"), caption=caption)


def load(
    name: str | Path,
    *,
    train_size: int | None = None,
    image_size: int | None = None,
    validation: float | int = 0.1,
    label_noise: float | int = 0.0,
    seed: int = 0,
) -> Data:
    """Load a dataset by name (`digits` needs no download) or one's own by its path or its name in WORKBENCH_DATA.

    One's own are an .npz of arrays, a folder of a folder of pictures a class (in train, val and test or not), a .csv
    of labels beside pictures, or a folder of Hugging Face's `datasets`; pictures of different sizes need `image_size`.

    `validation` is the share of every class of the training images that is set aside first, from `seed` alone; of the
    rest `train_size` are drawn, as many of each class as there are; a source's own validation images are taken as they
    are, and stand for all test images where it has none. `image_size` makes square images, by averaging
    where they shrink. `label_noise` is the share of training labels moved to another class. A source without a test
    file gives a third of every class to the test set, the same for all seeds.

    The normalisation is that of all training images of the source, after `image_size` and before anything is drawn
    (of its test images where there are no others): it is the same for every seed and size. The same arguments give the
    same object; its tensors are shared and must not be written to.

    Raises a ValueError for an unknown name, a bad file, or an option out of range, and a FileNotFoundError for a
    dataset that is neither on the disk nor can be downloaded.
    """
    check_sizes(train_size, image_size, validation, label_noise)
    place = sources.find(name)
    with _LOADING:
        return _load(place, train_size, image_size, float(validation), float(label_noise), check_seed(seed))


def check_sizes(
    train_size: int | None = None,
    image_size: int | None = None,
    validation: float | int = 0.1,
    label_noise: float | int = 0.0,
) -> None:
    """Raise a ValueError for an option of `load` that is out of range."""
    if image_size is not None:
        rules.whole("image_size", image_size, least=1, unit="pixels", way_on="16 is small and quick")
    if train_size is not None:
        rules.whole("train_size", train_size, least=1, way_on="train_size=None takes all")
    rules.number("validation", validation, least=0, below=1, way_on='for "10 %" pass 0.1')
    rules.share("label_noise", label_noise)


@functools.lru_cache(maxsize=2)  # of finished data, not of the arrays they came from: a run holds no second copy
def _load(
    place: sources.Place, train_size: int | None, image_size: int | None, validation: float, noise: float, seed: int
) -> Data:
    arrays = sources.read(place, image_size)
    pictures, labels = torch.from_numpy(arrays.train_images), torch.from_numpy(arrays.train_labels)
    test_pictures, test_labels = torch.from_numpy(arrays.test_images), torch.from_numpy(arrays.test_labels)
    ids, test_ids = torch.arange(len(labels)), torch.arange(len(test_labels))
    if not arrays.split:
        test_ids, ids = divide(labels, ids, TEST_SHARE, 0, "test")
        test_pictures, test_labels = pictures[test_ids], labels[test_ids]
    if image_size is not None:
        pictures, test_pictures = resize(pictures, image_size), resize(test_pictures, image_size)
    mean, std = _normalisation(_at(pictures, ids) if len(ids) else test_pictures)
    aside, rest = divide(labels, ids, validation, seed, "validation")
    if arrays.validation:
        rest, aside = ids[: -arrays.validation], ids[-arrays.validation :]
    drawn = rest if train_size is None else balanced(labels, rest, train_size, seed, place.name)
    noisy, flipped = flip_labels(labels, drawn, noise, len(arrays.classes), seed)
    return Data(
        name=place.name,
        train=Split(_at(pictures, drawn), noisy[drawn], drawn, mean, std),
        validation=Split(_at(pictures, aside), labels[aside], aside, mean, std),
        test=Split(test_pictures, test_labels, test_ids, mean, std),
        classes=arrays.classes,
        flipped=flipped,
    )


def _at(images: Tensor, index: Tensor) -> Tensor:
    return images if len(index) == len(images) else images[index]


def _normalisation(images: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean and deviation by channel of images in [0, 1], from counts of the 256 values: no copy in floats."""
    values, means, deviations = torch.arange(256, dtype=torch.float64) / 255, [], []
    for channel in range(images.shape[1]):
        counts = torch.bincount(images[:, channel].flatten(), minlength=256).double()
        share = counts / counts.sum()
        mean = (share * values).sum()
        std = (share * (values - mean) ** 2).sum().sqrt()
        means.append(mean)
        deviations.append(std if std > 0 else torch.ones_like(std))  # a constant channel becomes 0, not infinite
    return torch.stack(means).float(), torch.stack(deviations).float()
