"""A pair classifier on TF-IDF profiles: do two models' answers look alike to a logistic regression? Groups left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    Answers = Sequence[Sequence[str]]

N_COMPONENTS, SEED = 64, 0


def scores(
    answers: Answers, pairs: Sequence[tuple[int, int]], same: np.ndarray, folds: Sequence[tuple[int, ...]]
) -> np.ndarray:
    """Return each pair's log-odds by a regression fitted without any pair of its groups' folds.

    Args:
        answers: `(P)` lists of `R` answers.
        pairs: `(n, 2)` models of each pair.
        same: `(n,)` whether the pair is of one source.
        folds: Folds of the two groups of each pair.
    """
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    texts = [" ".join(row[i][:1500] for row in answers) for i in range(len(answers[0]))]
    tfidf = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, max_features=20_000).fit_transform(texts)
    n_components = min(N_COMPONENTS, len(texts) - 1)
    profile = TruncatedSVD(n_components, random_state=SEED).fit_transform(tfidf)
    a, b = np.array(pairs).T
    apart = np.abs(profile[a] - profile[b])
    found = np.zeros(len(pairs))
    for left in sorted(set(folds)):
        own = np.array([f == left for f in folds])
        outside = np.array([not set(f) & set(left) for f in folds])
        model = LogisticRegression(class_weight="balanced", max_iter=1_000).fit(apart[outside], same[outside])
        found[own] = model.decision_function(apart[own])
    return found
