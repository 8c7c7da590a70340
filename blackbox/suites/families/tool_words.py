"""Services that tools stand for: names, parameters and values to draw, and how people ask for them in two languages."""

# ruff: noqa: E501 - wide characters
from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

Words: TypeAlias = tuple[str, ...]
SlotKind: TypeAlias = Literal["choice", "free", "number", "day", "clock"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One parameter of a service.

    Attributes:
        names: What the parameter may be called.
        kind: `choice` of an enumeration, `free` text, whole `number`, `day` (YYYY-MM-DD) or `clock` (HH:MM).
        values: Words to draw from, by language; the same place in both lists means the same.
        low: Least number.
        high: Largest number.
        about: Description in the schema.
    """

    names: Words
    kind: SlotKind
    values: Mapping[str, Words] = field(default_factory=dict)
    low: int = 0
    high: int = 0
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What one tool can do.

    Attributes:
        verbs: First half of the function's name.
        nouns: Second half, with how it is said in each language.
        about: Descriptions in the schema.
        slots: Its required parameters, by the name that phrases use.
        act: A request in the base form of its verb, by language.
        wish: The same need said indirectly, by language.
    """

    verbs: Words
    nouns: Mapping[str, Mapping[str, str]]
    about: Words
    slots: Mapping[str, Slot]
    act: Mapping[str, str]
    wish: Mapping[str, str]


def _said(**nouns: tuple[str, str]) -> Mapping[str, Mapping[str, str]]:
    return {name: {"en": en, "zh": zh} for name, (en, zh) in nouns.items()}


_ROOMS = {
    "en": ("cellar", "greenhouse", "attic", "workshop", "hall", "kitchen", "nursery", "garage", "library", "porch"),
    "zh": ("地下室", "温室", "阁楼", "工作间", "大厅", "厨房", "儿童房", "车库", "书房", "门廊"),
}
_PEOPLE = {
    "en": ("Nora", "Viktor", "Ines", "Bruno", "Aisha", "Greta", "Omar", "Selma", "Tomas", "Yuki"),
    "zh": ("小林", "老赵", "王阿姨", "陈师傅", "阿强", "孙老师", "小雨", "李医生", "周经理", "表姐"),
}
_ERRANDS = {
    "en": (
        "water the ferns", "feed the cat", "call the plumber", "take out the bread", "turn the compost", "return the ladder",
        "collect the parcel", "ring the choir", "buy light bulbs", "oil the gate",
    ),
    "zh": ("给花浇水", "喂猫", "联系水管工", "把面包拿出来", "翻堆肥", "还梯子", "取包裹", "通知合唱团", "买灯泡", "给大门上油"),
}  # fmt: skip
_DAY = Slot(names=("date", "day", "on_date"), kind="day", about="YYYY-MM-DD")
_CLOCK = Slot(names=("time", "start", "at"), kind="clock", about="HH:MM, 24 hours")
_ROOM = Slot(names=("room", "place", "location"), kind="choice", values=_ROOMS)

SERVICES: tuple[Service, ...] = (
    Service(
        verbs=("find", "search", "look_up"),
        nouns=_said(ferry=("ferry", "渡轮"), tram=("tram", "电车"), coach=("coach", "大巴"), night_train=("night train", "夜间列车")),
        about=("Search the timetable.", "Connections between two stops on one day.", "Timetable of one day."),
        slots={
            "origin": Slot(
                names=("origin", "from_stop", "departure"), kind="choice",
                values={"en": ("Bergen", "Split", "Ghent", "Porto", "Turku", "Gdansk"), "zh": ("卑尔根", "斯普利特", "根特", "波尔图", "图尔库", "格但斯克")},
            ),
            "goal": Slot(
                names=("destination", "to_stop", "arrival"), kind="choice",
                values={"en": ("Trieste", "Malaga", "Visby", "Lille", "Varna", "Corfu"), "zh": ("的里雅斯特", "马拉加", "维斯比", "里尔", "瓦尔纳", "科孚")},
            ),
            "day": _DAY,
        },
        act={"en": "find a {noun} from {origin} to {goal} on {day}", "zh": "查一下{day}从{origin}到{goal}的{noun}"},
        wish={"en": "I leave {origin} on {day} and have to reach {goal} by {noun}.", "zh": "我{day}要从{origin}去{goal}，想坐{noun}。"},
    ),
    Service(
        verbs=("reserve", "hold", "claim"),
        nouns=_said(
            kayak=("kayak", "皮划艇"), rehearsal_room=("rehearsal room", "排练室"), tennis_court=("tennis court", "网球场"),
            workbench=("workbench", "工作台"), telescope=("telescope", "望远镜"),
        ),
        about=("Reserve for a group.", "Make a reservation.", "Book it for a number of people."),
        slots={"day": _DAY, "clock": _CLOCK, "people": Slot(names=("people", "group_size", "persons"), kind="number", low=2, high=12)},
        act={"en": "reserve the {noun} for {people} people on {day} at {clock}", "zh": "预订{day}{clock}的{noun}，一共{people}个人"},
        wish={"en": "{people} of us would love to use the {noun} on {day} from {clock}.", "zh": "我们{people}个人想在{day}{clock}用{noun}。"},
    ),
    Service(
        verbs=("set", "start", "arm"),
        nouns=_said(alarm=("alarm", "闹钟"), buzzer=("buzzer", "蜂鸣器"), reminder=("reminder", "提醒")),
        about=("Rings once at a time of day.", "Sounds today at the given time.", "Goes off once and shows a label."),
        slots={"clock": _CLOCK, "label": Slot(names=("label", "title", "caption"), kind="free", values=_ERRANDS)},
        act={"en": "set the {noun} for {clock} with the label '{label}'", "zh": "把{noun}定在{clock}，标签写“{label}”"},
        wish={"en": "At {clock} I must not forget to {label}. The {noun} should help.", "zh": "{clock}我得记着{label}，让{noun}叫我。"},
    ),
    Service(
        verbs=("convert", "recalculate", "change"),
        nouns=_said(volume=("volume calculator", "容积换算"), quantity=("quantity calculator", "数量换算"), measure=("measure calculator", "计量换算")),
        about=("Convert between old and metric units.", "Exact conversion of an amount.", "Unit conversion."),
        slots={
            "amount": Slot(names=("amount", "value", "number"), kind="number", low=2, high=900),
            "source": Slot(
                names=("from_unit", "source_unit", "unit"), kind="choice",
                values={"en": ("pints", "gallons", "cups", "bushels", "barrels"), "zh": ("品脱", "加仑", "杯", "蒲式耳", "桶")},
            ),
            "target": Slot(
                names=("to_unit", "target_unit", "into"), kind="choice",
                values={"en": ("litres", "decilitres", "millilitres", "cubic metres"), "zh": ("升", "分升", "毫升", "立方米")},
            ),
        },
        act={"en": "convert {amount} {source} to {target} with the {noun}", "zh": "用{noun}把{amount}{source}换成{target}"},
        wish={"en": "The old book says {amount} {source}; I only think in {target}. Ask the {noun}.", "zh": "旧书上写的是{amount}{source}，我只懂{target}，请用{noun}算一下。"},
    ),
    Service(
        verbs=("read", "check", "query"),
        nouns=_said(sensor=("sensor", "传感器"), gauge=("gauge", "仪表"), monitor=("monitor", "监测器")),
        about=("Current reading of one quantity.", "What is measured at the moment.", "Latest value in a room."),
        slots={
            "room": _ROOM,
            "measured": Slot(
                names=("quantity", "metric", "reading"), kind="choice",
                values={"en": ("temperature", "humidity", "pressure", "noise", "dust"), "zh": ("温度", "湿度", "气压", "噪声", "粉尘")},
            ),
        },
        act={"en": "read the {measured} in the {room} from the {noun}", "zh": "从{noun}读出{room}的{measured}"},
        wish={"en": "I worry about the {measured} in the {room} right now; the {noun} would know.", "zh": "我担心{room}现在的{measured}，{noun}应该知道。"},
    ),
    Service(
        verbs=("adjust", "regulate", "turn"),
        nouns=_said(lamp=("lamp", "灯"), heater=("heater", "暖气"), ventilator=("ventilator", "风扇")),
        about=("Set the level in percent.", "Regulate a device in a room.", "Change how strongly it runs."),
        slots={"room": _ROOM, "level": Slot(names=("level", "percent", "power"), kind="number", low=0, high=100)},
        act={"en": "turn the {noun} in the {room} to {level} percent", "zh": "把{room}的{noun}调到百分之{level}"},
        wish={"en": "It is not right in the {room}: the {noun} belongs at {level} percent.", "zh": "{room}里不太舒服，{noun}应该在百分之{level}才对。"},
    ),
    Service(
        verbs=("order", "buy", "request"),
        nouns=_said(seeds=("seeds", "种子"), tea=("tea", "茶"), syrup=("syrup", "糖浆")),
        about=("Order from the usual shop.", "Place an order.", "Buys and has it delivered."),
        slots={
            "item": Slot(
                names=("item", "sort", "variety"), kind="choice",
                values={"en": ("jasmine", "barley", "nettle", "rose", "mint", "lime"), "zh": ("茉莉", "大麦", "荨麻", "玫瑰", "薄荷", "青柠")},
            ),
            "packs": Slot(names=("packs", "count", "quantity_of_packs"), kind="number", low=1, high=40),
        },
        act={"en": "order {item} {noun}, {packs} packs", "zh": "订购{packs}包{item}{noun}"},
        wish={"en": "There is no {item} {noun} left. {packs} packs would see us through.", "zh": "{item}{noun}用完了，来{packs}包才够。"},
    ),
    Service(
        verbs=("send", "post", "deliver"),
        nouns=_said(postcard=("postcard", "明信片"), memo=("memo", "便条"), telegram=("telegram", "电报")),
        about=("Send a few words to a contact.", "Delivered to a person by name.", "Short message to somebody."),
        slots={
            "person": Slot(names=("recipient", "to", "contact"), kind="free", values=_PEOPLE, about="Name of the contact"),
            "text": Slot(
                names=("text", "message", "body"), kind="free",
                values={
                    "en": ("the roof is dry", "the concert is sold out", "we arrive a day late", "the puppy has come", "I found the keys", "the bridge is closed", "the soup was perfect", "Sunday is cancelled"),
                    "zh": ("屋顶不漏了", "音乐会票卖完了", "我们晚一天到", "小狗接回来了", "钥匙找到了", "桥封了", "汤很好喝", "周日取消了"),
                },
            ),
        },
        act={"en": "send {person} a {noun} with the words '{text}'", "zh": "给{person}发{noun}，写上：{text}"},
        wish={"en": "{person} still does not know this: {text}. A {noun} would be right.", "zh": "{person}还不知道{text}，用{noun}说一声吧。"},
    ),
    Service(
        verbs=("consult", "open", "ask"),
        nouns=_said(glossary=("glossary", "术语表"), thesaurus=("thesaurus", "同义词词典"), lexicon=("lexicon", "词典")),
        about=("Entry of a word.", "Look a word up in the reference work.", "What the work says on a headword."),
        slots={
            "term": Slot(
                names=("term", "headword", "word"), kind="free",
                values={
                    "en": ("thimble", "quarry", "ledger", "brine", "hinge", "meadow", "kiln", "rudder", "lattice", "ember"),
                    "zh": ("顶针", "采石场", "账簿", "盐水", "铰链", "草甸", "窑", "船舵", "格子", "余烬"),
                },
            ),
            "tongue": Slot(
                names=("language", "tongue", "edition"), kind="choice",
                values={"en": ("Danish", "Greek", "Latin", "Welsh", "Dutch"), "zh": ("丹麦语", "希腊语", "拉丁语", "威尔士语", "荷兰语")},
            ),
        },
        act={"en": "consult the {tongue} {noun} on the word '{term}'", "zh": "在{tongue}{noun}里查“{term}”"},
        wish={"en": "What does the {tongue} {noun} give for {term}? I need its exact entry.", "zh": "{tongue}{noun}里“{term}”是怎么写的？我要原文。"},
    ),
    Service(
        verbs=("record", "log", "add"),
        nouns=_said(expenses=("expenses", "支出"), receipts=("receipts", "收据"), purchases=("purchases", "购物记录")),
        about=("Add a line to the household book.", "Note what was paid.", "Keeps the accounts."),
        slots={
            "paid": Slot(names=("paid", "sum", "euros"), kind="number", low=3, high=480),
            "purpose": Slot(
                names=("category", "purpose", "account"), kind="choice",
                values={"en": ("travel", "repairs", "books", "garden", "music", "meals"), "zh": ("交通", "维修", "书籍", "园艺", "音乐", "餐饮")},
            ),
        },
        act={"en": "add {paid} euros for {purpose} to the {noun}", "zh": "在{noun}里记一笔{purpose}，{paid}欧元"},
        wish={"en": "I have just paid {paid} euros for {purpose}; that belongs in the {noun}.", "zh": "刚为{purpose}付了{paid}欧元，应该进{noun}。"},
    ),
    Service(
        verbs=("list", "browse", "collect"),
        nouns=_said(books=("books", "书"), films=("films", "电影"), songs=("songs", "歌")),
        about=("Titles from our own catalogue.", "Search the house collection.", "What the shelf holds on a subject."),
        slots={
            "topic": Slot(
                names=("topic", "subject", "about"), kind="free",
                values={"en": ("harbours", "snow", "bees", "twins", "clocks", "deserts", "bridges", "winter fairs"), "zh": ("港口", "雪", "蜜蜂", "双胞胎", "钟表", "沙漠", "桥", "冬季集市")},
            ),
            "most": Slot(names=("limit", "at_most", "how_many"), kind="number", low=2, high=30),
        },
        act={"en": "list {most} {noun} about {topic} from the catalogue", "zh": "从目录里列出关于{topic}的{noun}，最多{most}项"},
        wish={"en": "Our evening is about {topic}. Which {noun} does the catalogue hold, {most} at most?", "zh": "今晚的主题是{topic}，目录里有哪些{noun}？最多{most}项。"},
    ),
    Service(
        verbs=("report", "file", "submit"),
        nouns=_said(defect=("defect", "故障"), damage=("damage", "损坏"), fault=("fault", "毛病")),
        about=("Tell the caretaker.", "Opens a ticket with the caretaker.", "Goes to the repair desk."),
        slots={
            "device": Slot(
                names=("device", "object", "what"), kind="choice",
                values={"en": ("lift", "boiler", "doorbell", "skylight", "pump", "shutter"), "zh": ("电梯", "锅炉", "门铃", "天窗", "水泵", "百叶窗")},
            ),
            "urgency": Slot(names=("urgency", "priority_level", "severity"), kind="choice", values={"en": ("low", "medium", "high"), "zh": ("低", "中", "高")}),
        },
        act={"en": "report the {noun} of the {device}, urgency {urgency}", "zh": "上报{device}的{noun}，紧急程度{urgency}"},
        wish={"en": "The {device} has stopped again. The caretaker should hear of the {noun}; urgency {urgency}.", "zh": "{device}又坏了，管理员该知道这个{noun}，紧急程度{urgency}。"},
    ),
)  # fmt: skip
EXTRAS: Mapping[str, Mapping[str, object]] = {
    "note": {"type": "string"},
    "silent": {"type": "boolean"},
    "tags": {"type": "array", "items": {"type": "string"}},
    "repeat_days": {"type": "integer", "minimum": 0, "maximum": 30},
    "style": {"type": "string", "enum": ["short", "full"]},
}
"""Parameters that a tool may also have and that no request needs."""

CALLS: Mapping[str, Words] = {
    "en": ("{Act}, please.", "Please {act}.", "Could you {act}?", "I would like you to {act}.", "Be so kind as to {act}."),
    "zh": ("请{act}。", "帮我{act}。", "麻烦你{act}。", "{act}，谢谢。", "你能{act}吗？"),
}  # fmt: skip
ENDS: Mapping[str, Words] = {
    "en": ("", " Can you see to it?", " Please take care of it.", " You know what to do."),
    "zh": ("", "请帮我处理。", "麻烦你了。", "你知道该怎么办。"),
}
HEDGES: Mapping[str, Words] = {
    "en": (
        "Do nothing yet. Would it be sensible to {act}?", "Only a thought, not a request: why would anybody {act}?",
        "Suppose somebody asked you to {act}. What would you want to know first? Do not do it now.",
        "Without doing it: what could go wrong if I {act}?", "Leave it for now. Who else could {act}?",
    ),
    "zh": (
        "先不要操作，你觉得{act}合适吗？", "只是随便想想，不是请求：为什么会有人要{act}？",
        "假如有人请你{act}，你会先问什么？现在不用做。", "先别动手：如果我{act}，可能会出什么问题？",
    ),
}  # fmt: skip
THINGS: Mapping[str, Words] = {
    "en": (
        "tidal power", "falconry", "origami", "beekeeping", "opera", "improvised jazz", "sourdough", "sundials", "glaciers",
        "crosswords", "stained glass", "marathons", "volcanoes", "puppet theatre", "calligraphy", "peat", "lighthouses",
        "chess problems", "northern lights", "hedgehogs", "silk", "canals", "onions", "proverbs",
    ),
    "zh": (
        "潮汐发电", "驯鹰", "折纸", "养蜂", "京剧", "爵士乐", "老面发酵", "日晷", "冰川", "填字游戏", "彩绘玻璃", "马拉松", "火山", "皮影戏",
        "书法", "泥炭", "灯塔", "象棋残局", "极光", "刺猬", "丝绸", "运河", "洋葱", "谚语",
    ),
}  # fmt: skip
QUESTIONS: Mapping[str, Words] = {
    "en": (
        "Say in two sentences why anybody cares about {x}.", "Give me three facts about {x}.", "Why do some people dislike {x}?",
        "How would you explain {x} to a child?", "What do beginners get wrong about {x}?", "What would we miss without {x}?",
        "Write four lines of verse about {x}.", "Compare {x} with {y} in two sentences.",
    ),
    "zh": (
        "请用两句话说明{x}。", "讲三件关于{x}的事。", "为什么有人不喜欢{x}？", "怎样向孩子解释{x}？", "初学者对{x}常有什么误解？",
        "没有{x}，我们会少了什么？", "以{x}为题写四句诗。", "用两句话比较{x}和{y}。",
    ),
}  # fmt: skip
