"""One random pick, one word: other kinds and other wording than the released suite, in four languages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from blackbox.suites.families.draws import Draws

N_WORDS, N_NUMBERS = 8, 2
_HIGHS = (15, 25, 30, 40, 60, 70, 80, 90, 120, 150, 200, 250, 300, 400, 600, 800)
"""Upper ends of ranges; those of the release are left out."""
_NOUNS: Mapping[str, Sequence[str]] = {
    "en": (
        "animal", "fruit", "city", "country", "colour", "first name", "vegetable", "drink", "flower",
        "musical instrument",
        "bird", "job", "metal", "month", "day of the week", "planet", "sport", "food", "season", "shape",
    ),
    "zh": (
        "一种动物", "一种水果", "一座城市", "一个国家", "一种颜色", "一个名字", "一种蔬菜", "一种饮料", "一种花",
        "一种乐器", "一种鸟", "一种职业", "一种金属", "一个月份", "一项运动", "一种食物", "一个季节", "一个形状",
    ),
    "ru": (
        "животное", "дерево", "блюдо", "имя", "растение", "насекомое", "государство", "ремесло", "украшение",
        "время года", "слово", "чувство",
    ),
    "ar": (
        "حيوانا", "مدينة", "لونا", "فاكهة", "بلدا", "مهنة", "طائرا", "مشروبا", "زهرة", "شهرا", "اسما", "معدنا",
    ),
}  # fmt: skip
_ASKS: Mapping[str, Sequence[str]] = {
    "en": (
        "Name a random {noun}.", "Pick a {noun} at random.", "Choose any {noun} you like.",
        "Give me a random {noun}.",
        "Think of any {noun} and tell me which it is.", "Say the first {noun} that comes to you.",
        "Some {noun}, whichever you like.", "I need one {noun}, any will do.", "Let chance decide on one {noun}.",
        "Draw one {noun} out of a hat.",
    ),
    "zh": (
        "请随机说{noun}。", "随便想{noun}，告诉我是什么。", "随机选{noun}。", "说出你首先想到的{noun}。",
        "任意举出{noun}。", "我需要{noun}，随便什么都行。", "凭运气挑{noun}。", "随意给我{noun}。",
    ),
    "ru": ("Назови наугад любое {noun}.", "Придумай какое-нибудь {noun}.", "Выбери случайное {noun}.",
        "Напиши наугад одно {noun}.", "Вспомни любое {noun}.",
    ),
    "ar": ("اذكر {noun} عشوائيا.", "اختر {noun} بالصدفة.", "سم لي {noun} من اختيارك.", "أعطني {noun} عشوائيا.", "اختر لي {noun} كما تشاء."),  # noqa: E501 - wide characters
}  # fmt: skip
_NUMBERS: Mapping[str, Sequence[str]] = {
    "en": (
        "Pick a random whole number from {low} to {high}.",
        "Think of a number between {low} and {high}.",
        "Any whole number between {low} and {high}, please.",
        "Let chance decide: a number from {low} to {high}.",
    ),
    "zh": (
        "请在{low}到{high}之间随机选一个整数。",
        "想一个{low}到{high}之间的数。",
        "任意给出{low}到{high}中的一个整数。",
    ),
    "ru": ("Выбери случайное целое число от {low} до {high}.", "Загадай число от {low} до {high}."),
    "ar": ("اختر عددا صحيحا عشوائيا من {low} إلى {high}.", "فكر في عدد بين {low} و {high}."),
}
_ONE_WORD: Mapping[str, Sequence[str]] = {
    "en": (
        "Answer with one word only.",
        "Reply with a single word.",
        "One word, nothing else.",
        "Only one word, please.",
    ),
    "zh": ("只回答一个词。", "用一个词回答，不要写别的。", "请只写一个词。"),
    "ru": ("Ответь только одним словом.", "Одно слово, ничего больше.", "Напиши только одно слово."),
    "ar": ("أجب بكلمة واحدة فقط.", "كلمة واحدة لا غير.", "اكتب كلمة واحدة فقط."),
}
_DIGITS: Mapping[str, str] = {
    "en": "Answer with the number only, in digits.",
    "zh": "只回答这个数，用阿拉伯数字书写。",
    "ru": "Ответь только числом, цифрами.",
    "ar": "أجب بالعدد فقط مكتوبا بالأرقام.",
}


def make(draws: Draws) -> list[dict[str, Any]]:
    """Return forty cells: eight kinds of words and two ranges of numbers in each language."""
    return [probe for language in _NOUNS for probe in _cells(draws.child(language), language)]


def _cells(draws: Draws, language: str) -> list[dict[str, Any]]:
    space = "" if language == "zh" else " "
    found = []
    for i, noun in enumerate(draws.sample(_NOUNS[language], N_WORDS), start=1):
        prompt = f"{draws.pick(_ASKS[language]).format(noun=noun)}{space}{draws.pick(_ONE_WORD[language])}"
        found.append({"id": f"word-{language}-{i}", "family": "word", "language": language, "prompt": prompt})
    asks = draws.sample(_NUMBERS[language], N_NUMBERS)
    for i, (ask, high) in enumerate(zip(asks, draws.sample(_HIGHS, N_NUMBERS), strict=True), start=1):
        found.append({
            "id": f"number-{language}-{i}", "family": "number", "language": language, "parser": "number",
            "prompt": f"{ask.format(low=1, high=high)}{space}{_DIGITS[language]}",
        })  # fmt: skip
    return found
