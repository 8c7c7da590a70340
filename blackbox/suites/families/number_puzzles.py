"""Puzzles whose answer is a number or a date, computed here."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from math import comb, gcd
from typing import TYPE_CHECKING

from blackbox.suites.families.puzzles import Language, Puzzle, numeric, said, worded

if TYPE_CHECKING:
    from blackbox.suites.families.draws import Draws

DAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "zh": ("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日"),
}
_FIRST_DAY = date(1990, 1, 1)
_N_DAYS = 14_000


def arithmetic(draws: Draws, language: Language) -> Puzzle:
    """Two products and a difference."""
    a, b, c, d = draws.between(41, 88), draws.between(27, 79), draws.between(6, 29), draws.between(12, 34)
    right = a * b - c * d
    question = said(language, en=f"What is {a} × {b} − {c} × {d}?", zh=f"{a} × {b} − {c} × {d} 等于多少？")
    return numeric(draws, question, right, (right + 10, right - 10, right + 100, (a * b - c) * d))


def remainder(draws: Draws, language: Language) -> Puzzle:
    """A power modulo a small number."""
    base, power, modulus = draws.between(3, 12), draws.between(7, 29), draws.pick((7, 11, 13, 17, 19))
    question = said(
        language,
        en=f"What is the remainder when {base} to the power of {power} is divided by {modulus}?",
        zh=f"{base} 的 {power} 次方除以 {modulus}，余数是多少？",
    )
    right = pow(base, power, modulus)
    return numeric(draws, question, right, (pow(base, power + 1, modulus), pow(base, power - 1, modulus)))


def weekday(draws: Draws, language: Language) -> Puzzle:
    """The day of the week a number of days before or after a given date."""
    start = _FIRST_DAY + timedelta(days=draws.below(_N_DAYS))
    n, back = draws.between(38, 400), draws.below(2) == 1
    target = start - timedelta(days=n) if back else start + timedelta(days=n)
    days = DAYS[language]
    question = said(
        language,
        en=f"A certain day is a {days[start.weekday()]}. Which day of the week is it {n} days {_when(back=back)}?",
        zh=f"某一天是{days[start.weekday()]}，那么{n}天{'之前' if back else '之后'}是星期几？",
    )
    return worded(draws, question, days[target.weekday()], days)


def _when(*, back: bool) -> str:
    return "earlier" if back else "later"


def days_between(draws: Draws, language: Language) -> Puzzle:
    """The number of days from one date to another."""
    start = _FIRST_DAY + timedelta(days=draws.below(_N_DAYS))
    end = start + timedelta(days=draws.between(45, 420))
    question = said(
        language,
        en=f"How many days after {start.isoformat()} is {end.isoformat()}?",
        zh=f"{start.year}年{start.month}月{start.day}日之后再过多少天是{end.year}年{end.month}月{end.day}日？",
    )
    right = (end - start).days
    return numeric(draws, question, right, draws.shuffled((right - 1, right + 1, right + 2, right - 2)))


def clock(draws: Draws, language: Language) -> Puzzle:
    """The smaller angle between the hands of a clock."""
    hour, minute = draws.between(1, 11), 2 * draws.between(1, 29)
    apart = abs(30 * hour + minute // 2 - 6 * minute)
    right = min(apart, 360 - apart)
    question = said(
        language,
        en=f"What is the smaller angle, in degrees, between the hands of a clock at {hour}:{minute:02d}?",
        zh=f"{hour}点{minute}分时，钟面上时针与分针之间较小的夹角是多少度？",
    )
    still = abs(30 * hour - 6 * minute)
    return numeric(draws, question, right, (min(still, 360 - still), 360 - right, abs(right - 6), right + 6))


def units(draws: Draws, language: Language) -> Puzzle:
    """Metres covered at a speed in kilometres an hour."""
    speed, seconds = 18 * draws.between(2, 9), draws.between(7, 55)
    right = speed * 1000 * seconds // 3600
    question = said(
        language,
        en=f"A train moves at {speed} kilometres an hour. How many metres does it cover in {seconds} seconds?",
        zh=f"一列火车以每小时{speed}千米的速度行驶，{seconds}秒内行驶多少米？",
    )
    return numeric(draws, question, right, (speed * seconds // 10, right + seconds, speed * seconds // 6, right - 10))


def sets(draws: Draws, language: Language) -> Puzzle:
    """Two overlapping sets inside a group."""
    both, only_a, only_b, none = (draws.between(*limits) for limits in ((3, 19), (4, 30), (4, 30), (2, 17)))
    total, a, b = both + only_a + only_b + none, both + only_a, both + only_b
    question = said(
        language,
        en=f"Of {total} people, {a} speak French, {b} speak Greek and {none} speak neither. How many speak both?",
        zh=f"{total}个人当中，{a}人会法语，{b}人会希腊语，{none}人两种都不会。两种都会的有多少人？",
    )
    return numeric(draws, question, both, (abs(a + b - total), only_a, both + none, only_b))


def base(draws: Draws, language: Language) -> Puzzle:
    """A number in another base."""
    value, radix = draws.between(90, 900), draws.pick((2, 5, 7))
    digits, rest = "", value
    while rest:
        digits, rest = f"{rest % radix}{digits}", rest // radix
    question = said(
        language,
        en=f"The number {digits} is written in base {radix}. What is it in base ten?",
        zh=f"{radix}进制数 {digits} 用十进制表示是多少？",
    )
    return numeric(draws, question, value, (value + radix, value - radix, value + radix**2, value - 1))


def probability(draws: Draws, language: Language) -> Puzzle:
    """Two balls of different colours, drawn without putting back."""
    red, blue = draws.between(3, 9), draws.between(3, 9)
    n = red + blue
    right = Fraction(red * blue, comb(n, 2))
    slips = [Fraction(2 * red * blue, n * n), Fraction(comb(red, 2) + comb(blue, 2), comb(n, 2))]
    slips += [right / 2, Fraction(red, n), Fraction(blue, n), Fraction(red * blue, n * n), (1 + right) / 2]
    question = said(
        language,
        en=f"A bag holds {red} red and {blue} blue balls. Two are drawn without putting one back. "
        "How likely is it that their colours differ?",
        zh=f"袋中有{red}个红球和{blue}个蓝球，不放回地取出两个，两球颜色不同的概率是多少？",
    )
    return worded(draws, question, str(right), [str(slip) for slip in slips])


def sequence(draws: Draws, language: Language) -> Puzzle:
    """The next term where each term is a fixed mix of the two before it."""
    a, b, terms = draws.between(1, 3), draws.between(1, 2), [draws.between(1, 5), draws.between(1, 6)]
    while len(terms) < 7:  # noqa: PLR2004 - six shown, one asked
        terms.append(a * terms[-1] + b * terms[-2])
    shown, right = ", ".join(map(str, terms[:6])), terms[6]
    rule = said(
        language,
        en=f"From the third term on, each term is {a} times the one before plus {b} times the one before that: ",
        zh=f"从第三项起，每一项等于前一项的{a}倍加上再前一项的{b}倍：",
    )
    ask = said(language, en="What comes next?", zh="下一项是多少？")
    slips = (a * terms[5] + b * terms[3], terms[5] + terms[4], a * terms[5], right + terms[0])
    return numeric(draws, f"{rule}{shown}. {ask}" if language == "en" else f"{rule}{shown}。{ask}", right, slips)


def ages(draws: Draws, language: Language) -> Puzzle:
    """Two ages from a sum and a multiple some years ago."""
    younger, times, ago = draws.between(4, 13), draws.between(2, 4), draws.between(3, 12)
    elder = times * younger
    total = younger + elder + 2 * ago
    question = said(
        language,
        en=f"The ages of Ida and Max add up to {total}. {ago} years ago Ida was {times} times as old as Max. "
        "How old is Ida now?",
        zh=f"小丽和小明的年龄之和是{total}岁。{ago}年前，小丽的年龄是小明的{times}倍。小丽现在多少岁？",
    )
    return numeric(draws, question, elder + ago, (elder, younger + ago, total * times // (times + 1), elder + 2 * ago))


def work(draws: Draws, language: Language) -> Puzzle:
    """Hours two pumps need together, as a fraction."""
    a, b = draws.sample((4, 5, 6, 8, 9, 10, 12, 14, 15), 2)
    right = Fraction(a * b, a + b)
    slips = [Fraction(a + b, 2), Fraction(a + b, 4), Fraction(a * b, abs(a - b)), right + 1, right / 2]
    question = said(
        language,
        en=f"One pump fills a tank in {a} hours, another in {b} hours. How many hours do both need together?",
        zh=f"一台水泵{a}小时注满水池，另一台{b}小时注满。两台一起注水，需要多少小时？",
    )
    return worded(draws, question, _hours(right), map(_hours, slips))


def _hours(value: Fraction) -> str:
    whole, rest = divmod(value.numerator, value.denominator)
    assert gcd(rest, value.denominator) == 1 or rest == 0
    return f"{whole} {rest}/{value.denominator}" if rest and whole else str(value)
