"""From a draw to an example: conditions chosen, features loaded, boxes turned into labels."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import torch

from cointeract_model.codecs.joint import Phase, target_audio
from cointeract_model.codecs.protocols import VariableLatents
from cointeract_model.inputs import Conditions, Text
from cointeract_model.token_labels import labels_of_tracks
from cointeract_shards import members
from cointeract_train.data.cached import CachesWanted
from cointeract_train.data.catalogue import Catalogue, Entry
from cointeract_train.data.codecs import Codecs
from cointeract_train.data.config import DataConfig, Dropouts, Variations
from cointeract_train.data.draws import Choice, choose
from cointeract_train.data.errors import DataError, SampleError
from cointeract_train.data.features import Features, Part, Wanted
from cointeract_train.data.loading import FeatureLoader
from cointeract_train.data.plan import Draw
from cointeract_train.data.varying import drawn_variation, varied
from cointeract_train.example import Example


@dataclass(frozen=True)
class ExampleSource:
    """What examples are made of; light, so that it can be sent to workers."""

    config: DataConfig
    catalogue: Catalogue
    caches: CachesWanted
    seed: int
    dropouts: Dropouts
    vary: Variations


class ExampleMaker:
    """Makes examples in one process."""

    def __init__(self, source: ExampleSource) -> None:
        self._source = source
        self._loader = FeatureLoader(source.config, source.catalogue.shards_root, source.caches)
        self._phase = Phase(source.config.hoi_phase)
        self._variable = _variable(source) if source.vary.any else None

    @property
    def encoded(self) -> Counter[Part]:
        """How often each part was encoded on the fly, up to now."""
        return self._loader.encoded

    def make(self, draw: Draw) -> Example:
        """The example of a draw.

        Raises:
            DataError: a shard is gone.
            SampleError: the sample violates the contract, or its caches don't fit and `on_the_fly` is `never`.
        """
        entry = self._source.catalogue.entries[draw.sample]
        choice = choose(self._source.seed, draw, self._source.dropouts)
        wanted = _wanted(entry, choice, self._source.config)
        try:
            features = self._loader.load(entry, wanted, verify=self._verify(draw.epoch))
            return self._example(entry, choice, wanted, features)
        except DataError:
            raise
        except ValueError as error:
            # Readers and codecs know what is wrong, and not always of which sample.
            raise SampleError(f"sample {entry.key}, shard {entry.shard}: {error}") from error

    def _example(self, entry: Entry, choice: Choice, wanted: Wanted, features: Features) -> Example:
        visuals, words = features.visuals, features.words
        audio = target_audio(features.audio, with_motion=wanted.motion, phase=self._phase)
        conditions = Conditions(
            person=visuals.person[None],
            text=Text(words.prompt[None]),
            audio=(torch.zeros_like(audio) if choice.audio else audio.contiguous())[None],
            product=visuals.product[None],
            motion=None if visuals.motion is None else visuals.motion[None],
            pose=None if visuals.pose is None else visuals.pose[None],
            hoi_text=None if words.hoi is None else Text(words.hoi[None]),
            product_scale=(visuals.product_scale,),
        )
        size = (entry.bucket.height, entry.bucket.width)
        labels = labels_of_tracks(features.tracks, size, box_ends=self._source.config.box_ends)
        example = Example(entry.key, conditions, visuals.target, visuals.hoi, labels, choice.seed)
        if self._variable is None:
            return example
        return varied(example, drawn_variation(choice.seed, self._source.vary), self._variable)

    def _verify(self, epoch: int) -> bool:
        verify = self._source.config.verify
        return verify == "always" or (verify == "first_epoch" and epoch == 0)


def _wanted(entry: Entry, choice: Choice, config: DataConfig) -> Wanted:
    return Wanted(
        motion=members.MOTION in entry.members and not choice.motion,
        pose=config.pose and members.POSE in entry.members and not choice.pose,
        text=not choice.text,
    )


def _variable(source: ExampleSource) -> VariableLatents:
    codec = Codecs(source.config).latents
    assert isinstance(codec, VariableLatents)  # the configuration saw to that
    return codec
