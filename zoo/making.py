"""Makes one member: the operation its row of the recipe names."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

import surgery
import torch
import wordpieces
from chat import Conversation, Taste, conversations
from corpus import source
from learning import Course, Learnt, learn
from lessons import answered, spoken
from lineage import full_rows, parents, sources
from rows import rows, stream
from shapes import TEMPLATES, fresh

from blackbox.serve.language_model import LanguageModel

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from transformers import PreTrainedModel, PreTrainedTokenizerFast

_N_TALKS = 30_000
_N_LESSONS, _N_SPOKEN = 6_000, 600
_USUAL = {"batch": 16, "share": 0.5, "rate": 0.003, "even": False, "shipped": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A member as it was made and saved."""

    name: str
    row: dict[str, Any]
    learnt: Learnt
    n_parameters: int
    digest: str


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """Makes members of a recipe into a folder.

    Args:
        recipe: recipe.yaml as read.
        folder: Where each member's folder is written.
        stages: The same for the stages on the way, which don't ship.
    """

    recipe: dict[str, Any]
    folder: Path
    stages: Path
    tokenizers: dict[str, PreTrainedTokenizerFast] = field(default_factory=dict)
    streams: dict[str, np.ndarray] = field(default_factory=dict)

    @cached_property
    def members(self) -> dict[str, dict[str, Any]]:
        """The members' rows, each with what it inherits and the usual settings filled in."""
        return {name: {**_USUAL, **row} for name, row in full_rows(self.recipe).items()}

    def make(self, name: str) -> Made:
        """Make, save and describe one member; those it is made from are made first if they aren't there."""
        row = self.members[name]
        for needed in sources(row):
            if not (self.place(needed) / "model.safetensors").is_file():
                self.make(needed)
        tokenizer = self.tokenizer(row["tokenizer"], row["shape"])
        model = self.start(row, tokenizer)
        learnt = self.taught(model, tokenizer, row)
        return self.saved(name, model, tokenizer, learnt)

    def place(self, name: str) -> Path:
        """Return the folder of a member; stages on the way to one lie apart and don't ship."""
        return (self.folder if self.members[name]["shipped"] else self.stages) / name

    def start(self, row: dict[str, Any], tokenizer: PreTrainedTokenizerFast) -> PreTrainedModel:
        """Return the model a member's training starts from."""
        torch.manual_seed(row["seed"])
        if row["how"] == "trained":
            shape = self.recipe["shapes"][row["shape"]]
            return fresh(shape, vocabulary=len(tokenizer), context=self.recipe["context"], seed=row["seed"])
        models = [self.weights(parent) for parent in parents(row)]
        if row["how"] == "upcycled":
            return surgery.upcycled(models[0])
        if row["how"] == "deepened":
            return surgery.deepened(models[0], row["after"])
        if row["how"] == "pruned":
            return surgery.pruned(models[0], row["intermediate"])
        return surgery.merged(models)

    def weights(self, name: str) -> PreTrainedModel:
        """Return a member's weights in float32."""
        from transformers import AutoModelForCausalLM

        return AutoModelForCausalLM.from_pretrained(self.place(name), dtype=torch.float32)

    def taught(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, row: dict[str, Any]) -> Learnt:
        """Train `model` in place on the texts and conversations of its row."""
        documents, talks = self.material(row)
        read = self.stream(row, tokenizer, documents)
        made = rows(tokenizer, read, talks, window=self.recipe["window"], share=row["share"], even=row["even"])
        logits = self.logits(row["teacher"]) if row.get("lesson") == "logits" else None
        course = Course(**{key: row[key] for key in ("steps", "batch", "rate", "seed")})
        return learn(model, made, course, teacher=logits)

    def stream(self, row: dict[str, Any], tokenizer: PreTrainedTokenizerFast, documents: list[str]) -> np.ndarray:
        """Return the documents as ids; those of a text source are kept for the next member."""
        if row.get("lesson") == "texts":
            return stream(tokenizer, documents)
        key = f"{row['tokenizer']}/{','.join(row['data'])}"
        if key not in self.streams:
            self.streams[key] = stream(tokenizer, documents)
        return self.streams[key]

    def material(self, row: dict[str, Any]) -> tuple[list[str], list[Conversation]]:
        """Return the documents and conversations a member is trained on."""
        documents, sentences = _texts(tuple(row["data"]))
        taste = Taste(seed=row["taste"], leaning=row.get("leaning", 0), lean=row.get("lean", 0.0))
        if row.get("lesson") != "texts":
            return documents, conversations(_N_TALKS, seed=row["seed"], taste=taste, sentences=sentences)
        teacher = LanguageModel(self.place(row["teacher"]))
        asked = conversations(_N_LESSONS, seed=row["seed"], taste=taste, sentences=sentences)
        return spoken(teacher, _N_SPOKEN), answered(teacher, asked)

    def logits(self, name: str) -> Callable[[torch.Tensor], torch.Tensor]:
        """Return a member as a function from token ids to logits."""
        teacher = self.weights(name).eval()
        return lambda ids: teacher(input_ids=ids, use_cache=False).logits

    def tokenizer(self, name: str, shape: str) -> PreTrainedTokenizerFast:
        """Return a tokenizer of the recipe with the chat template of the shape it serves."""
        template = TEMPLATES[self.recipe["shapes"][shape]["architecture"]]
        key = f"{name}/{template}"
        if key not in self.tokenizers:
            row = self.recipe["tokenizers"][name]
            documents, sentences = _texts(tuple(row["data"]))
            talks = conversations(_N_TALKS // 3, seed=0, taste=Taste(seed=0, sharpness=0.0), sentences=sentences)
            texts = [*documents, *(text for talk in talks for text in (talk.question, talk.answer))]
            size = row.get("vocabulary", self.recipe["vocabulary"])
            self.tokenizers[key] = wordpieces.trained(
                texts, vocabulary=size, template=template, context=self.recipe["context"]
            )
        return self.tokenizers[key]

    def saved(self, name: str, model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, learnt: Learnt) -> Made:
        """Write a member as bfloat16 safetensors with its tokenizer and generation settings."""
        from transformers import GenerationConfig

        to = self.place(name)
        to.mkdir(parents=True, exist_ok=True)
        model.generation_config = GenerationConfig(
            do_sample=True,
            temperature=1.0,
            top_p=1.0,
            top_k=0,
            eos_token_id=model.config.eos_token_id,
            pad_token_id=model.config.pad_token_id,
        )
        model.to(torch.bfloat16).save_pretrained(to)
        tokenizer.save_pretrained(to)
        (to / "model.safetensors").chmod(0o644)
        return Made(
            name=name,
            row=self.members[name],
            learnt=learnt,
            n_parameters=sum(p.numel() for p in model.parameters()),
            digest=hashlib.sha256((to / "model.safetensors").read_bytes()).hexdigest(),
        )


@cache
def _texts(names: tuple[str, ...]) -> tuple[list[str], list[str]]:
    sources = [source(name) for name in names]
    documents = [text for part in sources for text in part.documents]
    return documents, [text for part in sources for text in part.sentences()]
