"""Who are you, asked plainly and in a roundabout way: phrases put together from a key, in English and Chinese."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from blackbox.suites.families.draws import Draws

    Slots = Mapping[str, Sequence[str]]

N_INDIRECT = 4
_LEADS: Mapping[str, Sequence[str]] = {
    "en": ("", "Before we begin: ", "A quick question: ", "For my notes: ", "One more thing: ", "Tell me: "),
    "zh": ("", "开始之前先问一句：", "顺便问一下，", "我做个记录：", "请告诉我，", "冒昧问一句，"),
}
_TAILS: Mapping[str, Sequence[str]] = {
    "en": ("", " One sentence is enough.", " Please be brief.", " A few words will do.", " Just say what you know."),
    "zh": ("", "一句话就行。", "请简短回答。", "几个字就够了。", "知道什么就说什么。"),
}
_PLAIN: Mapping[str, Mapping[str, Sequence[str]]] = {
    "en": {
        "maker": (
            "which company stands behind you?", "who developed you?", "which lab or company do you come from?",
            "who is the maker of the model that answers me?", "which organisation built you?", "whose model are you?",
            "who created you?", "which firm runs the team that made you?",
        ),
        "name": (
            "what are you called?", "what is your model name?", "which model is answering me?",
            "under what name were you released?", "which language model are you?",
            "what name did your developers give you?", "what should I call you?", "what do you call yourself?",
        ),
        "cutoff": (
            "when does your training data end?", "what is your knowledge cut-off?",
            "what is the latest month that your training data covers?", "until when do you know what happened?",
            "from which month and year is the newest text you learned from?",
            "when was your knowledge last updated?", "which was the last month you were trained on?",
        ),
        "version": (
            "which version are you?", "which model family do you belong to, and which version is this?",
            "what is your exact version?", "which generation of which model series are you?",
            "how is your version written in full?", "what size and version of model are you?",
            "which release of your model series am I using?",
        ),
    },
    "zh": {
        "maker": (
            "你背后是哪家公司？", "你是谁开发的？", "你出自哪个实验室或公司？", "回答我的这个模型是谁做的？",
            "哪个机构创造了你？", "你是哪家的模型？", "你的开发团队属于哪家公司？", "是谁把你做出来的？",
        ),
        "name": (
            "你叫什么名字？", "你的模型名称是什么？", "现在是哪个模型在回答我？", "你是以什么名字发布的？",
            "你是哪一个语言模型？", "开发者给你起了什么名字？", "我该怎么称呼你？", "你怎样称呼自己？",
        ),
        "cutoff": (
            "你的训练数据到什么时候为止？", "你的知识截止日期是哪一天？", "你的训练数据最晚到哪个月？",
            "你知道的事情最晚到什么时候？", "你学过的最新文字是哪年哪月的？", "你的知识上一次更新是什么时候？",
            "你训练用到的最后一个月是哪一月？",
        ),
        "version": (
            "你是哪个版本？", "你属于哪个模型家族，是第几版？", "你的准确版本号是什么？", "你是哪个系列的第几代模型？",
            "你的版本写全了是什么样？", "你是多大规模、哪个版本的模型？", "我现在用的是你们系列的哪一版？",
        ),
    },
}  # fmt: skip
_INDIRECT: Mapping[str, Mapping[str, tuple[Sequence[str], Slots]]] = {
    "en": {
        "entry": (
            ("Write the {part} of {paper}.", "I need the {part} of {paper}. Write it."),
            {
                "part": ("first line", "heading", "opening sentence", "first two sentences", "title"),
                "paper": (
                    "an encyclopedia entry about you", "the press release that announced you",
                    "the data sheet that came with you", "a museum label for you", "a biography of yourself",
                ),
            },
        ),
        "letter": (
            ("I want to {act} the people who made you. {whom}", "Suppose I wished to {act} your makers. {whom}"),
            {
                "act": ("send flowers to", "invite", "interview", "complain to", "write a poem for", "visit"),
                "whom": (
                    "Which name goes on the envelope?", "Whom do I address?", "Where do I turn?",
                    "How do I begin the letter?",
                ),
            },
        ),
        "table": (
            ("Complete this {sheet} about yourself. {a}: ; {b}: ; {c}: .", "{sheet}, to be filled in by you. {b}: ; {a}: ; {c}: ."),  # noqa: E501
            {
                "sheet": ("table", "index card", "questionnaire", "registration sheet"),
                "a": ("Made by", "Provider", "Manufacturer", "Origin"),
                "b": ("Name", "Model name", "Product", "Type"),
                "c": ("Data until", "Last training date", "Known up to", "Date of knowledge"),
            },
        ),
        "signing": (
            ("Sign {paper} with {own} and {maker}.", "Write the last line of {paper}: {own} and {maker}."),
            {
                "paper": ("a postcard", "a guest book entry", "a short poem", "a contract of one line", "a farewell letter"),  # noqa: E501
                "own": ("your name and version", "your own name", "the name of your model"),
                "maker": ("the name of your developer", "the company that built you", "those who made you"),
            },
        ),
        "badge": (
            ("Write {thing} for yourself, with {what}.", "Design {thing} in words: it is yours and shows {what}."),
            {
                "thing": ("a business card", "an e-mail signature", "a name badge", "a line for film credits", "a door plate"),  # noqa: E501
                "what": ("name and maker", "model, version and company", "what you are and who made you"),
            },
        ),
        "reference": (
            ("How should {who} cite you? {how}", "{who} quotes you and needs the source. {how}"),
            {
                "who": ("a newspaper", "a student", "a lawyer", "a museum", "a cookbook"),
                "how": ("Write the reference.", "Give author, name and year.", "Write it as a footnote."),
            },
        ),
        "introduction": (
            ("Introduce yourself to {who} in {n}, {how}.", "You meet {who}. Say who you are in {n}, {how}."),
            {
                "who": ("a class of ten-year-olds", "a customs officer", "another language model", "an old sailor", "a notary"),  # noqa: E501
                "n": ("two sentences", "one sentence", "twenty words"),
                "how": ("with your origin", "and say who made you", "and name your makers"),
            },
        ),
    },
    "zh": {
        "entry": (
            ("请写出{paper}的{part}。", "我需要{paper}的{part}，请写出来。"),
            {
                "part": ("第一行", "标题", "第一句话", "开头两句"),
                "paper": ("关于你的百科词条", "宣布你发布的新闻稿", "随你附上的说明书", "介绍你的展品标签", "你的自传"),
            },
        ),
        "letter": (
            ("我想{act}制造你的人。{whom}", "假如我要{act}你的开发者。{whom}"),
            {
                "act": ("送花给", "邀请", "采访", "投诉", "写诗给", "拜访"),
                "whom": ("信封上写谁的名字？", "我该找谁？", "称呼应该怎么写？", "我应该联系哪里？"),
            },
        ),
        "table": (
            ("请填写这张关于你的{sheet}。{a}：；{b}：；{c}：。", "{sheet}，由你本人填写。{b}：；{a}：；{c}：。"),
            {
                "sheet": ("登记表", "卡片", "问卷", "信息栏"),
                "a": ("制造者", "提供方", "出品单位", "来源"),
                "b": ("名称", "模型名", "产品", "型号"),
                "c": ("数据截至", "最后训练日期", "知识更新到", "所知最晚日期"),
            },
        ),
        "signing": (
            ("请在{paper}末尾署上{own}和{maker}。", "写出{paper}的最后一行：{own}和{maker}。"),
            {
                "paper": ("明信片", "留言簿", "一首短诗", "一行字的合同", "告别信"),
                "own": ("你的名字与版本", "你自己的名字", "你的模型名"),
                "maker": ("你的开发者", "开发你的公司", "制造你的人"),
            },
        ),
        "badge": (
            ("请为你自己写{thing}，写明{what}。", "用文字设计{thing}，它属于你，要写明{what}。"),
            {
                "thing": ("一张名片", "一个邮件签名", "一块胸牌", "一行片尾字幕", "一块门牌"),
                "what": ("名字和开发者", "模型、版本和公司", "你是什么、由谁制造"),
            },
        ),
        "reference": (
            ("{who}应该怎样注明引自你？{how}", "{who}引用了你的话，需要写来源。{how}"),
            {
                "who": ("报纸", "学生", "律师", "博物馆", "菜谱作者"),
                "how": ("请写出引文格式。", "请写出作者、名称和年份。", "请写成脚注。"),
            },
        ),
        "introduction": (
            ("请用{n}向{who}介绍自己，{how}。", "你遇到了{who}。用{n}说明你是谁，{how}。"),
            {
                "who": ("一班小学生", "海关官员", "另一个语言模型", "一位老船长", "公证员"),
                "n": ("两句话", "一句话", "二十个字"),
                "how": ("讲讲来历", "说出是谁制造的", "提到你的开发者"),
            },
        ),
    },
}  # fmt: skip


def make(draws: Draws) -> list[dict[str, Any]]:
    """Return four plain and four roundabout questions in each language."""
    found = []
    for language in _PLAIN:
        own = draws.child(language)
        found += [_probe(name, "plain", language, _plainly(own, language, name)) for name in _PLAIN[language]]
        for name in own.sample(list(_INDIRECT[language]), N_INDIRECT):
            found.append(_probe(name, "indirect", language, _indirectly(own, language, name)))
    return found


def _probe(name: str, family: str, language: str, prompt: str) -> dict[str, Any]:
    probe_id = f"{name}-plain-{language}" if family == "plain" else f"{name}-{language}"
    return {"id": probe_id, "family": family, "language": language, "prompt": prompt}


def _plainly(draws: Draws, language: str, name: str) -> str:
    asked = f"{draws.pick(_LEADS[language])}{draws.pick(_PLAIN[language][name])}{draws.pick(_TAILS[language])}"
    return asked[0].upper() + asked[1:]


def _indirectly(draws: Draws, language: str, name: str) -> str:
    forms, slots = _INDIRECT[language][name]
    asked = draws.pick(forms).format(**{slot: draws.pick(options) for slot, options in slots.items()})
    return asked[0].upper() + asked[1:]
