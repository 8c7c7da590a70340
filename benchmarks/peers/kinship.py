"""Published ways to score the kinship of two models, re-implemented for one answer a prompt.

Each takes `(P)` lists of `R` answers and returns `(R, R)` scores, higher is closer. They are re-implementations on
our ground, not verdicts on their authors' set-ups, which ask for several samples or for log-probabilities.
Ways that need embeddings are in `embedded`, a classifier of pairs in `pair_classifier`.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Answers = Sequence[Sequence[str]]

_WORD = re.compile(r"[a-z']{3,}")
_N_POINTS = 1000


def phylolm_style(answers: Answers) -> np.ndarray:
    """Nei similarity of alleles, the first four characters after a prompt (Yax et al. 2025, PhyloLM).

    With one sample a prompt the allele frequencies are 0 or 1, so the similarity is the share of prompts whose
    alleles agree.
    """
    alleles = np.array([[text.strip()[:4] for text in row] for row in answers])
    return np.mean([row[:, None] == row[None, :] for row in alleles], axis=0)


def met_hamming_style(answers: Answers) -> np.ndarray:
    """Mean share of equal code points at equal places (the Hamming kernel of Gao, Liang & Guestrin 2025)."""
    n = len(answers[0])
    total = np.zeros((n, n))
    for row in answers:
        points = np.zeros((n, _N_POINTS), dtype=np.uint32)
        for i, text in enumerate(row):
            found = np.frombuffer(text[:_N_POINTS].encode("utf-32-le", "surrogatepass"), dtype="<u4")
            points[i, : len(found)] = found
        total += np.stack([(points == one[None, :]).mean(1) for one in points])
    return total / len(answers)


def slop_style(answers: Answers) -> np.ndarray:
    """Overlap of the words each model over-uses against all models (slop-forensics): top 100, Jaccard."""
    n = len(answers[0])
    counts = [Counter(word for row in answers for word in _WORD.findall(row[i].lower())) for i in range(n)]
    everywhere: Counter[str] = sum(counts, Counter())
    n_words = sum(everywhere.values())
    tops = []
    for own in counts:
        size = sum(own.values()) or 1
        excess = {w: (c / size) / (everywhere[w] / n_words) for w, c in own.items() if c > 1}
        tops.append({w for w, _ in sorted(excess.items(), key=lambda e: (-e[1], e[0]))[:100]})
    return np.array([[len(a & b) / max(len(a | b), 1) for b in tops] for a in tops])


def tfidf_profile(answers: Answers) -> np.ndarray:
    """Cosine of TF-IDF character 4-gram profiles of all answers together."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    texts = [" ".join(row[i][:1500] for row in answers) for i in range(len(answers[0]))]
    matrix = TfidfVectorizer(analyzer="char", ngram_range=(4, 4), sublinear_tf=True).fit_transform(texts)
    return np.asarray((matrix @ matrix.T).todense())


def raw_overlap(answers: Answers) -> np.ndarray:
    """Cosine of word 3-gram sets prompt by prompt, neither weighed nor normalised."""
    n = len(answers[0])
    total = np.zeros((n, n))
    for row in answers:
        number: dict[str, int] = {}
        sets = []
        for text in row:
            words = _WORD.findall(text.lower())[:600]
            grams = {" ".join(words[i : i + 3]) for i in range(len(words) - 2)}
            sets.append([number.setdefault(g, len(number)) for g in grams])
        bounds = np.concatenate([[0], np.cumsum([len(s) for s in sets])])
        flat = np.array([g for s in sets for g in s], dtype=np.int64)
        held = sparse.csr_array((np.ones(len(flat)), flat, bounds), shape=(n, max(len(number), 1)))
        size = np.maximum(np.diff(bounds), 1)
        total += (held @ held.T).todense() / np.sqrt(size[:, None] * size[None, :])
    return total / len(answers)


PEERS: dict[str, Callable[[Answers], np.ndarray]] = {
    "PhyloLM style": phylolm_style,
    "MET Hamming style": met_hamming_style,
    "slop-forensics style": slop_style,
    "TF-IDF character profile": tfidf_profile,
    "word 3-gram overlap, raw": raw_overlap,
}
