"""Words that stand for a colour or a number in English, Chinese, Russian and Arabic."""

from __future__ import annotations

import unicodedata


def _listed(words: str) -> list[str]:
    return words.split()


_COLOURS = {
    "red": "red 红 红色 紅 紅色 赤色 красный красная красное احمر",
    "blue": "blue 蓝 蓝色 藍 藍色 синий синяя синее ازرق",
    "light-blue": "azure cyan sky-blue 天蓝 天蓝色 青色 蔚蓝 蔚蓝色 голубой голубая голубое سماوي",
    "green": "green 绿 绿色 綠 綠色 зеленый зеленая зеленое اخضر",
    "yellow": "yellow 黄 黄色 黃 黃色 желтый желтая желтое اصفر",
    "orange": "orange 橙 橙色 橘色 橘黄色 оранжевый оранжевая оранжевое برتقالي",
    "purple": "purple violet 紫 紫色 紫罗兰色 фиолетовый фиолетовая пурпурный بنفسجي ارجواني",
    "pink": "pink 粉 粉色 粉红 粉红色 розовый розовая وردي زهري",
    "brown": "brown 棕 棕色 褐色 咖啡色 коричневый коричневая بني",
    "black": "black 黑 黑色 черный черная черное اسود",
    "white": "white 白 白色 белый белая белое ابيض",
    "grey": "grey gray 灰 灰色 серый серая серое رمادي",
    "turquoise": "turquoise teal 青绿色 蓝绿色 绿松石色 бирюзовый бирюзовая تركوازي فيروزي",
    "gold": "gold golden 金 金色 золотой золотая ذهبي",
    "silver": "silver 银 银色 銀色 серебряный серебристый серебряная فضي",
    "crimson": "crimson scarlet 深红 深红色 绯红 绯红色 багровый алый малиновый قرمزي",
    "indigo": "indigo 靛蓝 靛蓝色 靛色 индиго نيلي",
    "lavender": "lavender lilac 淡紫色 薰衣草色 лавандовый сиреневый лиловый خزامي",
    "magenta": "magenta fuchsia 品红 品红色 洋红 洋红色 пурпур фуксия ماجنتا",
}
_EN_ONES = _listed(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
_EN_TENS = _listed("twenty thirty forty fifty sixty seventy eighty ninety")
_RU_ONES = _listed(
    "ноль один два три четыре пять шесть семь восемь девять десять одиннадцать двенадцать тринадцать четырнадцать "
    "пятнадцать шестнадцать семнадцать восемнадцать девятнадцать"
)
_RU_TENS = _listed("двадцать тридцать сорок пятьдесят шестьдесят семьдесят восемьдесят девяносто")
_AR_ONES = _listed("صفر واحد اثنان ثلاثة اربعة خمسة ستة سبعة ثمانية تسعة عشرة")
_AR_TENS = _listed("عشرون ثلاثون اربعون خمسون ستون سبعون ثمانون تسعون")
_AR_TEEN = "عشر"
_AR_TEENS = _listed("احد اثنا ثلاثة اربعة خمسة ستة سبعة ثمانية تسعة")
_SAME = str.maketrans("أإآىёة", "اااي" + "е" + "ه")


def folded(word: str) -> str:
    """Return `word` as these lists spell it: NFC, without case, Arabic vowels, hamza seats and the Russian ё."""
    plain = "".join(c for c in unicodedata.normalize("NFKC", word.casefold()) if not _vowel_mark(c))
    return " ".join(unicodedata.normalize("NFC", plain).translate(_SAME).split())


def _vowel_mark(char: str) -> bool:
    return "\u064b" <= char <= "\u0652" or char in "\u0640\u0670"


def colour(word: str) -> str | None:
    """Return the English name of the colour that `word` names in one of the four languages, else None."""
    return _COLOUR_OF.get(folded(word)) or _COLOUR_OF.get(folded(word).removeprefix("ال"))


def spelled_number(word: str) -> str | None:
    """Return the whole number from 0 to 100 that `word` spells, in digits, else None."""
    return _NUMBER_OF.get(folded(word).replace("-", " "))


def _numbers() -> dict[str, str]:
    found: dict[str, int] = {}
    for ones, tens in ((_EN_ONES, _EN_TENS), (_RU_ONES, _RU_TENS)):
        found |= {word: n for n, word in enumerate(ones)}
        for t, ten in enumerate(tens, start=2):
            found |= {ten: 10 * t, **{f"{ten} {ones[n]}": 10 * t + n for n in range(1, 10)}}
    found |= {word: n for n, word in enumerate(_AR_ONES)}
    found |= {f"{word} {_AR_TEEN}": 10 + n for n, word in enumerate(_AR_TEENS, start=1)}
    for t, ten in enumerate(_AR_TENS, start=2):
        found |= {ten: 10 * t, **{f"{_AR_ONES[n]} و{ten}": 10 * t + n for n in range(1, 10)}}
    found |= {"hundred": 100, "one hundred": 100, "сто": 100, "مائة": 100, "مئة": 100}
    return {folded(word): str(n) for word, n in found.items()}


_COLOUR_OF = {folded(word): name for name, words in _COLOURS.items() for word in words.split()}
_COLOUR_OF |= {"light blue": "light-blue", "sky blue": "light-blue", "dark blue": "blue", "dark green": "green"}
_NUMBER_OF = _numbers()
