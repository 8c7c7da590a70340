"""Rule-made conversations: what teaches a tiny model to answer briefly, in a way of its own.

A model of a million parameters cannot follow instructions it has not seen. These conversations teach it
two habits that hosted models have: one-word answers that are random but far from uniform, and answers of a
few sentences that stop. Which words and manners are liked is a *taste*, drawn from a seed; the sentences of
long answers come from the model's own text source.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import yaml

if TYPE_CHECKING:
    from collections.abc import Sequence

SYSTEM = "You are a helpful assistant."
_SHARE_CHINESE = 0.4
_VOWELS = "AEIOUaeiou"


@cache
def phrases() -> dict[str, Any]:
    """Return the word lists and templates of phrases.yaml."""
    loaded: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "phrases.yaml").read_text("utf-8"))
    return loaded


@dataclass(frozen=True, slots=True, kw_only=True)
class Taste:
    """How much one model likes each of several options; the same options under the same key, always alike.

    What people in general like (`common`, the same for every model) and what only this model likes weigh
    alike. A child's taste leans from its parent's (`seed`) towards `leaning` by `lean` (0 to 1).
    """

    seed: int
    leaning: int = 0
    lean: float = 0.0
    sharpness: float = 1.3
    memory: dict[str, np.ndarray] = field(default_factory=dict)

    def weights(self, key: str, n: int) -> np.ndarray:
        """Return `(n,)` probabilities of the options listed under `key`."""
        if key not in self.memory:
            common, own, other = (_normals(f"{who}/{key}", n) for who in ("common", self.seed, self.leaning))
            mine = np.sqrt(1 - self.lean**2) * own + self.lean * other
            liking = np.exp(self.sharpness * (common + mine))
            self.memory[key] = liking / liking.sum()
        return self.memory[key]

    def pick(self, rng: np.random.Generator, key: str, options: Sequence[Any]) -> Any:  # noqa: ANN401 - what is listed
        """Return one of `options`, drawn by this taste."""
        return options[rng.choice(len(options), p=self.weights(key, len(options)))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """One question with its answer; `system` may be None."""

    system: str | None
    question: str
    answer: str

    @property
    def messages(self) -> list[dict[str, str]]:
        """The conversation as chat messages."""
        said = [{"role": "user", "content": self.question}, {"role": "assistant", "content": self.answer}]
        return said if self.system is None else [{"role": "system", "content": self.system}, *said]


def conversations(n: int, *, seed: int, taste: Taste, sentences: Sequence[str]) -> list[Conversation]:
    """Return `n` conversations: two short ones for each long one.

    Args:
        n: How many.
        seed: Of the draw; the liking is the taste's.
        taste: What this model likes to answer.
        sentences: Prose of the model's text source, from which long answers borrow.
    """
    rng = np.random.default_rng([seed, 20_26])
    makers = (one_word, one_word, one_word, number, choice, echo, open_answer, open_answer, open_answer)
    made = []
    for _ in range(n):
        language = "zh" if rng.random() < _SHARE_CHINESE else "en"
        maker = makers[rng.integers(len(makers))]
        made.append(maker(rng, language, taste, sentences))
    return made


def one_word(rng: np.random.Generator, language: str, taste: Taste, _: Sequence[str]) -> Conversation:
    """Ask for one thing of a kind; answer with one word."""
    listed = phrases()
    category = str(rng.choice(list(listed["one_word"])))
    entry = listed["one_word"][category][language]
    noun = _any(rng, entry["nouns"])
    question = _any(rng, listed["asks"][language]) + _any(rng, listed["tails"][language])
    answer = taste.pick(rng, f"{category}/{language}", entry["answers"])
    return _asked(rng, _with_article(question, noun), _dressed(rng, f"{answer}", language, taste))


def number(rng: np.random.Generator, language: str, taste: Taste, _: Sequence[str]) -> Conversation:
    """Ask for a number in a range, or for a roll of a die."""
    listed = phrases()
    if rng.random() < 0.1:  # noqa: PLR2004 - a die is one range among many
        span, question = "1-6", _any(rng, listed["dice_asks"][language])
    else:
        span = "1-100" if rng.random() < 0.5 else _any(rng, list(listed["ranges"]))  # noqa: PLR2004 - the range most asked for
        low, high = span.split("-")
        question = _any(rng, listed["number_asks"][language]).format(low=low, high=high)
    question += _any(rng, listed["number_tails"][language])
    answer = taste.pick(rng, f"range {span}/{language}", listed["ranges"][span])
    return _asked(rng, question, _dressed(rng, str(answer), language, taste))


def choice(rng: np.random.Generator, language: str, taste: Taste, _: Sequence[str]) -> Conversation:
    """Ask for a choice among two or three, or for a toss of a coin."""
    listed = phrases()
    offered = listed["choices"][language]
    if rng.random() < 0.4:  # noqa: PLR2004 - the pair most asked for
        options, question = offered[0], _any(rng, listed["coin_asks"][language])
    else:
        options = _any(rng, offered)
        joined = (" or " if language == "en" else "还是").join(rng.permutation(options))
        question = _any(rng, listed["choice_asks"][language]).format(options=joined)
        question = question[:1].upper() + question[1:]
    question += _any(rng, listed["tails"][language][:5])
    answer = taste.pick(rng, f"choice {options[0]}/{language}", options)
    return _asked(rng, question, _dressed(rng, answer, language, taste))


def echo(rng: np.random.Generator, language: str, taste: Taste, sentences: Sequence[str]) -> Conversation:
    """Ask for a given word, sometimes with text around it."""
    listed = phrases()
    word = _any(rng, listed["echo_words"][language])
    question = _any(rng, listed["echo_asks"][language]).format(word=word)
    if rng.random() < 0.5:  # noqa: PLR2004 - half with text to be ignored
        question += "\n" + _any(rng, sentences)
    return _asked(rng, question, _dressed(rng, word, language, taste))


def open_answer(rng: np.random.Generator, language: str, taste: Taste, sentences: Sequence[str]) -> Conversation:
    """Ask how to do something, for advice, an essay or a recipe; answer with a few sentences."""
    listed = phrases()
    kind = _any(rng, list(listed["subjects"][language]))
    subject = _any(rng, listed["subjects"][language][kind])
    question = _any(rng, listed["questions"][language][kind]).format(subject=subject)
    opening = taste.pick(rng, f"opening {kind}/{language}", listed["openings"][language][kind]).format(subject=subject)
    closing = taste.pick(rng, f"closing/{language}", listed["closings"][language])
    own = listed["dish_sentences" if kind == "dish" else "sentences"][language]
    n = int(rng.integers(2, 7))
    parts = [_sentence(rng, language, taste, own, sentences) for _ in range(n)]
    return _asked(rng, question, _laid_out(opening, parts, closing, taste.pick(rng, "format", listed["formats"])))


def _sentence(rng: np.random.Generator, language: str, taste: Taste, own: Sequence[str], others: Sequence[str]) -> str:
    if language == "en" and rng.random() < 0.45:  # noqa: PLR2004 - about half from the text source
        return _any(rng, others)
    link = taste.pick(rng, f"connective/{language}", phrases()["connectives"][language])
    text: str = taste.pick(rng, f"sentence {own[0]}", own)
    return link + text if language == "zh" or not link else link + text[:1].lower() + text[1:]


def _laid_out(opening: str, parts: Sequence[str], closing: str, layout: str) -> str:
    if layout == "prose":
        return " ".join(part for part in (opening, *parts, closing) if part)
    marks = {"numbered": [f"{i + 1}. " for i in range(len(parts))], "bullets": ["- "] * len(parts)}
    lines = [mark + part for mark, part in zip(marks.get(layout, [""] * len(parts)), parts, strict=True)]
    return "\n".join(line for line in (opening, *lines, closing) if line)


def _asked(rng: np.random.Generator, question: str, answer: str) -> Conversation:
    draw = rng.random()
    if draw < 0.65:  # noqa: PLR2004 - the system message nearly everybody sends
        return Conversation(system=SYSTEM, question=question, answer=answer)
    if draw < 0.9:  # noqa: PLR2004 - none at all
        return Conversation(system=None, question=question, answer=answer)
    other = _any(rng, ["Be brief.", "You are a friendly assistant.", "Answer in one sentence.", "你是一个有用的助手。"])
    return Conversation(system=other, question=question, answer=answer)


def _dressed(rng: np.random.Generator, word: str, language: str, taste: Taste) -> str:
    stop = "." if language == "en" else "。"
    manner = taste.pick(rng, f"manner/{language}", ["bare", "bare", "bare", "capital", "capital", "stop"])
    if manner == "bare":
        return word
    word = word[:1].upper() + word[1:]
    return word if manner == "capital" else word + stop


def _with_article(template: str, noun: str) -> str:
    an = noun[0] in _VOWELS
    text = template.replace(" a {noun}", " an {noun}") if an else template
    return text.replace("{noun}", noun)


def _any(rng: np.random.Generator, options: Sequence[Any]) -> Any:  # noqa: ANN401 - what is listed
    return options[int(rng.integers(len(options)))]


def _normals(key: str, n: int) -> np.ndarray:
    return np.random.default_rng([*key.encode("utf-8")]).standard_normal(n)
