#!/usr/bin/env python3
"""Writes, beside itself, what scikit-learn makes of small data: preparation.json.

    python3 preparation.py

Fills, one-hot codes, scalings, polynomial features, the sizes of folds, and metrics. Random numbers have few digits, so that they
are the same where they are read.

Written with scikit-learn 1.9.1 and NumPy 2.4.6.
"""
import json
import pathlib
import warnings

import numpy as np
from sklearn import metrics
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, PolynomialFeatures, StandardScaler

here = pathlib.Path(__file__)
generator = np.random.default_rng(3)
result = {}

# Missing numbers and words: learned from the first rows, applied to the rest.
train = [["red", 1.5, 4.0], ["blue", np.nan, 2.0], ["green", 3.0, np.nan], ["red", 0.25, 7.0], ["blue", -2.0, 0.5]]
test = [["green", np.nan, 1.0], ["blue", 2.0, np.nan]]
as_object = lambda rows: np.array([[np.nan if v != v else v for v in r] for r in rows], dtype=object)
for strategy in ["mean", "median", "constant"]:
    fill = SimpleImputer(strategy=strategy, fill_value=-1.0 if strategy == "constant" else None)
    columns = ColumnTransformer([("words", OneHotEncoder(sparse_output=False), [0]), ("numbers", fill, [1, 2])])
    columns.fit(as_object(train))
    result[f"fill {strategy}"] = {
        "train": columns.transform(as_object(train)).astype(float).tolist(),
        "test": columns.transform(as_object(test)).astype(float).tolist(),
    }
text = lambda rows: "colour,a,b\n" + "".join(",".join("" if v != v else str(v) for v in r) + "\n" for r in rows)
result["files"] = {"train": text(train), "test": text(test)}

# Scalings and products.
x = generator.normal(size=(6, 3)).round(3)
x[:, 2] = 0.7
result["rows"] = x.tolist()
result["standard"] = StandardScaler().fit_transform(x).tolist()
result["min-max"] = MinMaxScaler().fit_transform(x).tolist()
result["polynomials"] = []
for degree in [1, 2, 3, 4]:
    for interaction in [False, True]:
        p = PolynomialFeatures(degree, interaction_only=interaction, include_bias=False).fit(x)
        result["polynomials"].append({
            "degree": degree, "interactionOnly": interaction,
            "names": p.get_feature_names_out(["x1", "x2", "x3"]).tolist(), "values": p.transform(x).tolist()})

# The numbers of rows of each class in the test parts.
result["folds"] = []
for n, k, classes in [(10, 3, 2), (11, 4, 3), (50, 5, 3), (23, 7, 4), (7, 7, 2), (150, 10, 3)]:
    y = generator.integers(0, classes, n) if n != 150 else np.repeat([0, 1, 2], 50)
    y[:classes] = np.arange(classes)[::-1]
    counts = lambda folds: [np.bincount(y[rows], minlength=classes).tolist() for _, rows in folds]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            stratified = counts(StratifiedKFold(k, shuffle=True, random_state=0).split(np.zeros(n), y))
        except ValueError:  # All classes have fewer rows than there are folds.
            stratified = None
    result["folds"].append({
        "count": k, "classes": y.tolist(), "sizes": [len(rows) for _, rows in KFold(k).split(y)],
        "stratified": stratified})

# Metrics. The third class of the second set is never predicted, the fourth does not occur.
result["classes"] = []
for n, classes, absent in [(40, 3, False), (25, 4, True), (30, 2, False)]:
    actual = generator.integers(0, classes - absent, n)
    scores = generator.normal(size=(n, classes)).round(1)
    scores[np.arange(n), actual] += 0.8
    scores = scores.round(1)
    if absent:
        scores[:, 2] = -9
    predicted = scores.argmax(axis=1)
    labels = list(range(classes))
    rows = lambda average: [float(np.mean(v)) if average else v.tolist() for v in metrics.precision_recall_fscore_support(
        actual, predicted, labels=labels, average=average, zero_division=0)[:3]]
    # Without ties between columns, as scikit-learn takes the last of equals and Adjoint the first.
    untied = (scores + np.arange(classes) * 1e-3).round(3)
    result["classes"].append({
        "names": [f"class {i}" for i in labels], "actual": actual.tolist(), "predicted": predicted.tolist(),
        "scores": untied.tolist(),
        "confusion": metrics.confusion_matrix(actual, predicted, labels=labels).tolist(),
        "accuracy": metrics.accuracy_score(actual, predicted),
        "each": rows(None), "macro": rows("macro"), "weighted": rows("weighted"),
        "topK": [float(np.mean([a in row for a, row in zip(actual, np.argsort(-untied, axis=1)[:, :k])]))
                 if classes == 2 else metrics.top_k_accuracy_score(actual, untied, k=k, labels=labels)
                 for k in range(1, classes)],
        "area": None if absent or classes == 2 else float(np.mean(
            [metrics.roc_auc_score(actual == c, untied[:, c]) for c in labels])),
    })
# The same by scikit-learn's own one-vs-rest, which wants probabilities.
actual, scores = np.array(result["classes"][0]["actual"]), np.array(result["classes"][0]["scores"])
p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
result["ovr"] = {"actual": actual.tolist(), "probabilities": p.tolist(),
                 "area": metrics.roc_auc_score(actual, p, multi_class="ovr", average="macro")}

result["roc"] = []
for n, digits in [(20, 1), (50, 0), (30, 6)]:
    y = generator.integers(0, 2, n)
    y[:2] = [0, 1]
    s = (generator.normal(size=n) + 0.7 * y).round(digits)
    fpr, tpr, thresholds = metrics.roc_curve(y, s, drop_intermediate=False)
    result["roc"].append({
        "actual": y.tolist(), "scores": s.tolist(), "area": metrics.roc_auc_score(y, s),
        "fpr": fpr.tolist(), "tpr": tpr.tolist(), "thresholds": thresholds[1:].tolist()})

t = generator.normal(size=15).round(3)
y = (t + generator.normal(size=15) * 0.4).round(3)
result["regression"] = {
    "targets": t.tolist(), "predictions": y.tolist(), "mse": metrics.mean_squared_error(t, y),
    "mae": metrics.mean_absolute_error(t, y), "r2": metrics.r2_score(t, y)}

here.with_suffix(".json").write_text(json.dumps(result, separators=(",", ":")).replace("},{", "},\n{") + "\n")
