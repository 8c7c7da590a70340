"""Who a model says it is: a claim, never proof."""

from __future__ import annotations

import re
import unicodedata

_NAMES = {
    "openai": r"openai|chat-?gpt|gpt-?[345]\w*|open ai",
    "anthropic": r"anthropic|claude",
    "google": r"google|gemini|gemma|谷歌|deepmind",
    "meta": r"meta ai|llama|\bmeta\b",
    "alibaba": r"qwen|tongyi|通义|千问|alibaba|阿里",
    "deepseek": r"deepseek|深度求索",
    "mistral": r"mistral|mixtral",
    "huawei": r"pangu|盘古|huawei|华为",
    "zhipu": r"chatglm|\bglm\b|zhipu|智谱|z\.ai",
    "moonshot": r"kimi|moonshot|月之暗面",
    "baidu": r"ernie|文心|baidu|百度",
    "tencent": r"hunyuan|混元|tencent|腾讯",
    "bytedance": r"doubao|豆包|bytedance|字节跳动",
    "minimax": r"minimax|稀宇|abab",
    "01ai": r"\byi-\d|01\.ai|零一万物",
    "microsoft": r"microsoft|copilot|\bphi-?\d|微软",
    "xai": r"\bxai\b|\bgrok\b",
    "cohere": r"cohere|command-?r",
    "iflytek": r"iflytek|讯飞|星火",
    "baichuan": r"baichuan|百川",
    "shanghai-ai-lab": r"internlm|书生|shanghai ai lab",
    "nvidia": r"nvidia|nemotron",
    "amazon": r"amazon|\bnova (?:pro|lite|micro)\b",
    "yandex": r"yandex|яндекс|yandexgpt|алиса",
    "sber": r"gigachat|sber|сбер",
    "ai21": r"\bai21\b|jamba",
    "allen-ai": r"allen institute|\bai2\b|\bolmo|\bt[uü]lu-?\d",
    "ant": r"inclusion ?ai|ant group|\bling-?\d|蚂蚁|百灵大模型",
    "apple": r"apple inc|apple intelligence",
    "arcee": r"\barcee\b",
    "databricks": r"databricks|\bdbrx\b",
    "eleuther": r"eleuther|gpt-neox?|gpt-j\b",
    "hugging-face": r"hugging ?face|smollm",
    "ibm": r"\bibm\b|\bgranite-?\d",
    "kakao": r"\bkakao\b|kanana|카카오",
    "lg": r"\blg ai\b|exaone|엑사원",
    "liquid": r"liquid ai|\blfm-?\d",
    "lmsys": r"\blmsys\b|vicuna",
    "meituan": r"meituan|longcat|美团",
    "naver": r"\bnaver\b|hyperclova|네이버",
    "nous": r"nous ?research",
    "openbmb": r"openbmb|minicpm|面壁智能",
    "perplexity": r"perplexity ai|\bsonar (?:pro|reasoning)\b",
    "reka": r"\breka\b",
    "salesforce": r"salesforce|\bxgen\b",
    "sensetime": r"sensetime|sensenova|sensechat|商汤|日日新",
    "stability": r"stability ?ai|stablelm",
    "stepfun": r"stepfun|阶跃",
    "thinking-machines": r"thinking machines",
    "tii": r"technology innovation institute|\btii\b|\bfalcon-?\d",
    "upstage": r"\bupstage\b|\bsolar (?:pro|mini)\b",
    "writer": r"palmyra",
    "xiaomi": r"xiaomi|\bmimo\b|小米",
}
_PATTERNS = {name: re.compile(pattern) for name, pattern in _NAMES.items()}
_DATE = re.compile(r"(?<!\d)(?P<year>20[12]\d)(?!\d)(?:\s*[年/.-]\s*(?P<month>1[0-2]|0?[1-9])(?!\d))?")
_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_MONTH_YEAR = re.compile(rf"(?P<month>{'|'.join(_MONTHS)})\s*,?\s*(?:of\s+)?(?P<year>20[12]\d)")
_MAX_TEXT = 4_000


def claim(text: str) -> str | None:
    """Return the makers and dates that `text` names, sorted and joined by `+`, or None where it names none.

    `openai`, `alibaba+2024-07`: a reply that names several is shown with all of them, for which of them it claims
    to be is for a person to read.

    Args:
        text: The whole reply.
    """
    plain = unicodedata.normalize("NFKC", text[:_MAX_TEXT]).casefold()
    makers = [name for name, pattern in _PATTERNS.items() if pattern.search(plain)]
    return "+".join([*sorted(makers), *sorted(_dates(plain))]) or None


def _dates(plain: str) -> set[str]:
    spoken = {f"{m['year']}-{_MONTHS.index(m['month']) + 1:02d}" for m in _MONTH_YEAR.finditer(plain)}
    rest = _MONTH_YEAR.sub(" ", plain)
    written = {f"{m['year']}-{int(m['month']):02d}" if m["month"] else m["year"] for m in _DATE.finditer(rest)}
    return spoken | written
