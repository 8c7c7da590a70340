"""Prints what members answer: `python zoo/show.py [NAME…]`. For eyes, not for tests."""

from __future__ import annotations

import argparse
from collections import Counter
from concurrent.futures import Future
from pathlib import Path

from blackbox.serve.batch import Batch
from blackbox.serve.generation import Job, Sampled
from blackbox.serve.language_model import LanguageModel

_SHIPPED = Path(__file__).parents[1] / "blackbox" / "serve" / "zoo"
_SYSTEM = {"role": "system", "content": "You are a helpful assistant."}
_CLOSED = (
    "Pick a random whole number from 1 to 100. Answer with the number only, in digits.",
    "Name a random colour. Answer with one word only.",
    "Think of any animal and tell me which it is. Answer with one word only.",
    "请随机说一种颜色。只回答一个词。",
    "Toss a fair coin. Did it land on heads or tails? Answer with one word only.",
    "请从英文字母中随机选一个。只回答这一个字母。",
)
_OPEN = (
    "How do I sew a missing button back onto a winter coat?",
    "请写出番茄炖牛腩的详细做法。",
    "Write a recipe for pancakes.",
)
_REPEATS = 100


def answers(model: LanguageModel, question: str, n: int, max_tokens: int) -> list[Sampled]:
    """Return `n` answers to a question at temperature 1, seeds 0 to n − 1."""
    prompt, batch = model.prompt_ids([_SYSTEM, {"role": "user", "content": question}]), Batch(model)
    futures: list[Future[Sampled]] = [Future() for _ in range(n)]
    for seed, future in enumerate(futures):
        batch.add(Job(prompt=prompt, max_tokens=max_tokens, temperature=1.0, top_p=1.0, seed=(seed,)), future)
    while batch.busy:
        batch.step()
    return [future.result() for future in futures]


def main() -> None:
    """Print answers of the members named, or of all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--of", type=Path, default=_SHIPPED, help="folder of the members")
    asked = parser.parse_args()
    for name in asked.names or sorted(path.parent.name for path in asked.of.glob("*/model.safetensors")):
        model = LanguageModel(asked.of / name)
        print(f"\n## {name}")
        for question in _CLOSED:
            said = answers(model, question, _REPEATS, 16)
            ended = sum(answer.finish_reason == "stop" for answer in said)
            print(f"{question[:40]:42} ended {ended}/{_REPEATS}  {Counter(a.text for a in said).most_common(7)}")
        for question in _OPEN:
            said = answers(model, question, 8, 160)
            print(f"\n{question}  ({sum(a.n_tokens for a in said) / 8:.0f} tokens)\n{said[0].text}")


if __name__ == "__main__":
    main()
