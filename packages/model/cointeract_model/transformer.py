"""The dual-stream diffusion transformer (paper sections 3.1 and 3.2): conditions, noisy latents and a timestep to velocity."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, distributed, nn
from torch.nn import functional

from cointeract_model.assembly import rgb_layout, tables
from cointeract_model.attention import DualStreamAttention, sdpa
from cointeract_model.audio import AudioEncoder
from cointeract_model.audio_injection import AudioInjection
from cointeract_model.block import Block, BlockContext, StreamContext, Streams
from cointeract_model.config import ModelConfig
from cointeract_model.context import Context, EncodedText
from cointeract_model.errors import ConfigurationError
from cointeract_model.head import VelocityHead
from cointeract_model.idle import with_idle
from cointeract_model.initialisation import initialise
from cointeract_model.inputs import Conditions, NoisyLatents, Text, check_conditions, check_noisy, timestep_values
from cointeract_model.layout import Layout, Segment
from cointeract_model.modulation import runs_of
from cointeract_model.motion import MotionPacker
from cointeract_model.patches import PATCH, PatchEmbedding, unpatchify
from cointeract_model.projections import gathered_rows
from cointeract_model.sequence_parallel import SequenceShares, UlyssesAttention, UlyssesShares, WholeSequence
from cointeract_model.switches import Stage, Switches
from cointeract_model.text import TextEmbedding
from cointeract_model.timestep import Times, TimestepEmbedding
from cointeract_model.visibility import visibility

TARGET_TYPE, REFERENCE_TYPE, MOTION_TYPE = range(3)
"""Type embeddings of the RGB stream; the two references share one."""


@dataclass(frozen=True, eq=False)
class Prediction:
    """What a forward pass gives."""

    velocity: Tensor
    """(B, C, T, h, w): noise minus clean latents, of the RGB target."""
    hoi_velocity: Tensor | None
    """(B, C, T, h, w) of the HOI stream; zero for samples without one. None without any."""
    router_logits: tuple[Tensor, ...]
    """For each block (B, N, 3), in the order base, hand, head; empty unless asked for."""


class Transformer(nn.Module):
    """The model. `encode` the conditions once, then call it with noisy latents at every step."""

    hoi_patch_embedding: PatchEmbedding | None
    hoi_type_embedding: nn.Embedding | None
    hoi_head: VelocityHead | None

    def __init__(self, config: ModelConfig, switches: Switches, *, attention: DualStreamAttention = sdpa) -> None:
        super().__init__()
        self.config, self.switches = config, switches
        self.attention = attention
        self.shares: SequenceShares = WholeSequence()
        channels, hidden = config.latent_channels, config.hidden_size
        self.patch_embedding = PatchEmbedding(channels, hidden)
        self.pose_embedding = PatchEmbedding(channels, hidden)
        self.type_embedding = nn.Embedding(MOTION_TYPE + 1, hidden)
        self.motion_packer = MotionPacker(channels, hidden)
        self.text_embedding = TextEmbedding(config.text_size, hidden)
        self.timestep_embedding = TimestepEmbedding(config)
        self.audio_encoder = AudioEncoder(config)
        self.audio_injections = nn.ModuleDict({str(layer): AudioInjection(config) for layer in config.audio_layers})
        self.blocks = nn.ModuleList(Block(config, switches) for _ in range(config.layers))
        self.head = VelocityHead(config)
        self.hoi_patch_embedding = PatchEmbedding(channels, hidden) if config.hoi else None
        self.hoi_type_embedding = nn.Embedding(1, hidden) if config.hoi else None
        self.hoi_head = VelocityHead(config) if config.hoi else None
        initialise(self)
        if self.hoi_type_embedding is not None:
            nn.init.zeros_(self.hoi_type_embedding.weight)

    def share_sequences(self, group: distributed.ProcessGroup) -> None:
        """Share every stream's tokens and all heads among the processes of `group`, from the next forward pass on.

        Raises:
            ConfigurationError: the heads can't be shared evenly, or are shared already.
        """
        if not isinstance(self.shares, WholeSequence):
            raise ConfigurationError("the sequences are shared already: call share_sequences once for a model")
        self.attention = UlyssesAttention(self.attention, group, self.config.heads)
        self.shares = UlyssesShares(group)

    def encode(self, conditions: Conditions) -> Context:
        """What doesn't change over a generation: text, audio, motion, references, pose and positions.

        Raises:
            InputError: the conditions don't fit the model or one another.
        """
        grid, presence = check_conditions(conditions, self.config), conditions.presence()
        idle = () if any(presence.motion) else self.motion_packer.parameters()
        types = with_idle(self.type_embedding.weight, idle)
        before = [self.patch_embedding(conditions.person) + types[REFERENCE_TYPE]]
        if conditions.motion is not None and any(presence.motion):
            before.insert(0, self.motion_packer(conditions.motion) + types[MOTION_TYPE])
        after = None
        if conditions.product is not None and any(presence.product):
            after = self.patch_embedding(conditions.product) + types[REFERENCE_TYPE]
        # Without pose every token gets what zeros embed to, which is the bias: one token of it does for all.
        no_pose = conditions.person.new_zeros(1, self.config.latent_channels, *PATCH)
        pose = self.pose_embedding(no_pose if conditions.pose is None else conditions.pose)
        rgb_rope, hoi_rope = tables(grid, conditions, presence, self.config.head_size, self.switches, types.device)
        return Context(
            grid=grid,
            presence=presence,
            layout=rgb_layout(grid, any(presence.motion), any(presence.product)),
            before=torch.cat(before, dim=1),
            target=pose + types[TARGET_TYPE],
            after=after,
            text=self._embed(conditions.text, tuple(range(presence.batch))),
            hoi_text=self._embed(conditions.hoi_text, presence.hoi_samples) if conditions.hoi_text else None,
            audio=self.audio_encoder(conditions.audio, grid.frames),
            rope=rgb_rope,
            hoi_rope=hoi_rope,
        )

    def forward(
        self, noisy: NoisyLatents, context: Context, *, stage: Stage = Stage.ASYMMETRIC, router_logits: bool = False
    ) -> Prediction:
        """Velocity of the target and of the HOI stream.

        Args:
            noisy: latents and timesteps of this step.
            context: from `encode`.
            stage: how the streams see one another.
            router_logits: whether to return the router's logits, which its loss and the routing maps need.

        Raises:
            InputError: the latents don't belong to the context, or a timestep isn't from 0 to 1000.
        """
        check_noisy(noisy, context.grid, context.presence, self.config)
        times = self.timestep_embedding(noisy.timestep)
        hoi_times = self._hoi_times(noisy, context, times)
        blocks = self._block_context(noisy, context, times, hoi_times, stage, router_logits)
        streams = Streams(self._rgb_tokens(noisy, context), self._hoi_tokens(noisy, context))
        target, logits = blocks.rgb.layout.find(Segment.TARGET), []
        for layer, block in enumerate(self.blocks):
            streams, block_logits = block(streams, blocks)
            if str(layer) in self.audio_injections:
                inject = self.audio_injections[str(layer)]
                streams = Streams(inject(streams.rgb, target, context.audio, context.grid.frame_tokens), streams.hoi)
            if block_logits is not None:
                logits.append(self._gather_target(block_logits, blocks, context))
        idle = () if noisy.hoi is not None else self._hoi_parameters()
        patches = self.head(streams.rgb[:, target.start : target.stop], with_idle(times.embedding, idle))
        return Prediction(
            velocity=unpatchify(self._gather_target(patches, blocks, context), context.grid),
            hoi_velocity=self._hoi_velocity(streams.hoi, hoi_times, context),
            router_logits=tuple(logits),
        )

    def _hoi_parameters(self) -> Iterator[nn.Parameter]:
        for part in (self.hoi_patch_embedding, self.hoi_type_embedding, self.hoi_head):
            if part is not None:
                yield from part.parameters()

    def _embed(self, text: Text, samples: tuple[int, ...]) -> EncodedText:
        lengths = text.lengths_or_all()
        rows = self.text_embedding(gathered_rows(text.rows, samples))
        return EncodedText(rows, tuple(lengths[sample] for sample in samples))

    def _rgb_tokens(self, noisy: NoisyLatents, context: Context) -> Tensor:
        target = self.patch_embedding(noisy.target) + context.target
        parts = (context.before, target) if context.after is None else (context.before, target, context.after)
        return self.shares.split(torch.cat(parts, dim=1))

    def _hoi_tokens(self, noisy: NoisyLatents, context: Context) -> Tensor | None:
        if noisy.hoi is None or self.hoi_patch_embedding is None or self.hoi_type_embedding is None:
            return None
        latents = gathered_rows(noisy.hoi, context.presence.hoi_samples)
        return self.shares.split(self.hoi_patch_embedding(latents) + self.hoi_type_embedding.weight[0])

    def _hoi_times(self, noisy: NoisyLatents, context: Context, times: Times) -> Times:
        own = times
        if noisy.hoi_timestep is not None:
            timestep_values(noisy.hoi_timestep)
            own = self.timestep_embedding(noisy.hoi_timestep)
        samples = context.presence.hoi_samples
        return Times(gathered_rows(own.embedding, samples), gathered_rows(own.noisy, samples), own.clean)

    def _block_context(
        self, noisy: NoisyLatents, context: Context, times: Times, hoi_times: Times, stage: Stage, router_logits: bool
    ) -> BlockContext:
        switches, cutoff = self.switches, self.switches.routing_cutoff
        hoi_layout = Layout.of((Segment.HOI, context.grid.target_tokens))
        hoi = None
        if context.hoi_text is not None and context.hoi_rope is not None:
            noisy_hoi = frozenset({Segment.HOI}) if switches.hoi_block_timestep == "t" else frozenset[Segment]()
            hoi = self._stream(hoi_layout, context.hoi_rope, context.hoi_text, hoi_times, noisy_hoi)
        return BlockContext(
            rgb=self._stream(context.layout, context.rope, context.text, times, frozenset({Segment.TARGET})),
            hoi=hoi,
            attention=self.attention,
            groups=visibility(context.layout, hoi_layout.length, context.presence, stage, switches.hoi_keys),
            expert_samples=tuple(
                sample
                for sample, timestep in enumerate(timestep_values(noisy.timestep))
                if cutoff is None or timestep < cutoff
            ),
            router_logits=router_logits,
        )

    def _stream(
        self, layout: Layout, rope: Tensor, text: EncodedText, times: Times, noisy_segments: frozenset[Segment]
    ) -> StreamContext:
        own = self.shares.layout(layout)
        runs = runs_of(own, noisy_segments)
        return StreamContext(own, runs, self.shares.split(rope), text.rows, text.lengths, times)

    def _hoi_velocity(self, tokens: Tensor | None, times: Times, context: Context) -> Tensor | None:
        if tokens is None or self.hoi_head is None:
            return None
        layout = Layout.of((Segment.HOI, context.grid.target_tokens))
        velocity = unpatchify(self.shares.gather(self.hoi_head(tokens, times.embedding), layout), context.grid)
        samples = context.presence.hoi_samples
        if len(samples) == context.presence.batch:
            return velocity
        whole = velocity.new_zeros(context.presence.batch, *velocity.shape[1:])
        return whole.index_copy(0, torch.tensor(samples, device=velocity.device), velocity)

    def _gather_target(self, values: Tensor, blocks: BlockContext, context: Context) -> Tensor:
        """What this and the other processes made of the target's tokens, (B, N, ...)."""
        own, target = blocks.rgb.layout, context.layout.find(Segment.TARGET)
        place = own.find(Segment.TARGET)
        in_stream = functional.pad(values, (0, 0, place.start, own.length - place.stop))
        return self.shares.gather(in_stream, context.layout)[:, target.start : target.stop]
