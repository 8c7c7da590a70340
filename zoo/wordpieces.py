"""The zoo's own byte-level BPE tokenizers: any text can be encoded, Chinese by merged or single bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shapes import END, PAD, SPECIAL
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

if TYPE_CHECKING:
    from collections.abc import Sequence


def trained(texts: Sequence[str], *, vocabulary: int, template: str, context: int) -> PreTrainedTokenizerFast:
    """Return a tokenizer with `vocabulary` entries learnt from `texts`, and with a chat template."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=list(SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=END,
        pad_token=PAD,
        chat_template=template,
        model_max_length=context,
        clean_up_tokenization_spaces=False,
    )
