"""Scripted models for families that tiny models can't answer: known laws of answers, worded as models word them."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import numpy as np

from blackbox.core import Manifest, Observation, Outcome, Run

if TYPE_CHECKING:
    from collections.abc import Callable

    from blackbox.core import Probe, Suite

Words = tuple[str, ...]
MAKERS = ("OpenAI", "Alibaba Cloud", "DeepSeek", "Google", "Mistral AI", "Zhipu AI")


def law(model: str, probe: str, n: int, *, concentration: float) -> np.ndarray:
    """Return the `(n,)` probabilities a model gives to n answers of a probe: peaked, its own, the same every time."""
    seed = int.from_bytes(hashlib.sha256(f"{model}/{probe}".encode()).digest()[:8], "big")
    return np.random.default_rng(seed).dirichlet(np.full(n, concentration))


def mixed(models: dict[str, float], probe: str, n: int, concentration: float) -> np.ndarray:
    """Return a mixture of models' laws: how a related model is made."""
    return sum(share * law(model, probe, n, concentration=concentration) for model, share in models.items())


def run_of(suite: Suite, models: dict[str, float], rng: np.random.Generator, answer: Callable) -> Run:
    """Return a run of a scripted endpoint: each reply drawn anew from its law."""
    observations = []
    for probe in suite.probes:
        for repeat in range(probe.repeats):
            said = answer(probe, models, rng)
            calls = said if isinstance(said, tuple) else ()
            outcome = Outcome.TOOL_CALL if calls else Outcome.OK
            observations.append(
                Observation(
                    key=f"{probe.id}#{repeat}", probe_id=probe.id, repeat=repeat, block_id=repeat, outcome=outcome,
                    text=None if calls else said, tool_calls=calls, response_id=f"r-{rng.integers(2**60)}",
                    sent_decoding=suite.sent_decoding(probe),
                )
            )  # fmt: skip
    return Run(id=f"run-{rng.integers(2**60)}", manifest=manifest(rng), suite=suite, observations=tuple(observations))


def manifest(rng: np.random.Generator) -> Manifest:
    """Return a manifest that says nothing but which journal it stands for."""
    from datetime import UTC, datetime

    return Manifest(
        schema="blackbox.run/1", run_id="r", run_key="k", label="", origin="collected", status="finished",
        suite_name="s", suite_version=1, suite_digest="", endpoint={"name": "e"}, sent_decoding=None,
        honoured_decoding=None, plan={}, packages={}, created_at=datetime(2026, 1, 1, tzinfo=UTC), finished_at=None,
        totals={}, cost=None, journal_count=0, journal_head=f"{rng.integers(2**60):064x}",
    )  # fmt: skip


def refusal(probe: Probe, models: dict[str, float], rng: np.random.Generator) -> str:
    """Return a refusal or an answer; a model's chance of refusing depends on the request."""
    zh = probe.language == "zh"
    if rng.random() < mixed(models, probe.id, 2, 0.3)[0]:
        return "抱歉，我无法提供这方面的帮助。" if zh else "I'm sorry, but I can't help with that."
    return "当然可以，下面是一些说明。" if zh else "Sure. Here is what you should know about it."


def identity(probe: Probe, models: dict[str, float], rng: np.random.Generator) -> str:
    """Return a claim; one model names several makers now and then."""
    maker = MAKERS[rng.choice(len(MAKERS), p=mixed(models, probe.family, len(MAKERS), 0.2))]
    return f"我是由{maker}开发的语言模型。" if probe.language == "zh" else f"I am a language model made by {maker}."


def choice(probe: Probe, models: dict[str, float], rng: np.random.Generator) -> str:
    """Return a letter, right or wrong, dressed in one of three ways."""
    letter = "ABCD"[rng.choice(4, p=mixed(models, probe.id, 4, 0.4))]
    return (letter, f"**{letter}**", f"The answer is {letter}.")[rng.integers(3)]


def bits(probe: Probe, models: dict[str, float], rng: np.random.Generator) -> str:
    """Return a sequence that alternates and leans as its model does."""
    x, y = ("甲", "乙") if probe.language == "zh" else ("0", "1")
    stay, lean = (mixed(models, f"{name}/{probe.id}", 2, 8.0)[0] for name in ("stay", "lean"))
    now, said = rng.random() < lean, []
    for _ in range(100):
        now = now if rng.random() < 0.8 * stay else rng.random() < lean
        said.append(y if now else x)
    return "".join(said)


def tool(probe: Probe, models: dict[str, float], rng: np.random.Generator) -> str | tuple:
    """Return a tool call with arguments that fit or not, or an answer without one."""
    functions = [each["function"] for each in probe.tools]
    kinds = mixed(models, probe.id, len(functions) + 1, 0.3)
    picked = rng.choice(len(kinds), p=kinds)
    if picked == len(functions):
        return "I can answer that without a tool."
    function = functions[picked]
    parameters = function["parameters"]
    arguments = {name: _value(parameters["properties"][name]) for name in parameters["required"]}
    if rng.random() < mixed(models, "valid", 2, 2.0)[0] * 0.4:
        arguments = {"unexpected": True}
    return ({"type": "function", "function": {"name": function["name"], "arguments": json.dumps(arguments)}},)


def facts(probe: Probe, models: dict[str, float], rng: np.random.Generator) -> str:
    """Return ten lines: what a model knows it says rightly, else always the same wrong number; hosts flip a few."""
    lines = []
    for i, fact in enumerate(probe.facts, start=1):
        knows, drawn, wrong = mixed(models, f"knows/{fact.id}", 2, 0.3)[0], 0.5, mixed(models, fact.id, 2, 1.0)[0]
        right = (knows > drawn) != (rng.random() < 0.02)
        value = fact.value if right else fact.value * (1 + 0.5 * wrong) + 3
        lines.append(f"{i}. {value:.10g}")
    return "\n".join(lines)


def tie(probe: Probe, models: dict[str, float], rng: np.random.Generator) -> str:
    """Return the word a model leans to on the border between two; one host in twenty tips over."""
    first = _of(models, rng, probe.id)
    return ("first", "second")[first != (rng.random() < 0.05)]


def long_answer(probe: Probe, models: dict[str, float], rng: np.random.Generator) -> str:
    """Return a long answer at temperature 0: a model's own, which one host in three words otherwise after a while."""
    name = rng.choice(list(models), p=list(models.values()))
    ending = f" Another ending, {rng.integers(2**30)}." if rng.random() < 1 / 3 else ""
    return f"{name} on {probe.id}.{ending}"


def _of(models: dict[str, float], rng: np.random.Generator, probe: str) -> bool:
    """Return which of two answers the model of this call prefers, always the same one."""
    name = rng.choice(list(models), p=list(models.values()))
    return bool(law(name, probe, 2, concentration=1.0)[0] > 0.5)


def _value(schema: dict) -> object:
    if "enum" in schema:
        return schema["enum"][0]
    return {"integer": schema.get("minimum", 1), "number": 1.5, "array": []}.get(schema["type"], "x")
