"""One name for what people and models call in many ways, that of the rules, so that both speak of one chain. Pure."""

from __future__ import annotations

from tiermem.facts.stated.record import NO, YES
from tiermem.text import late

# The rules' own names first; then what models write in their place.
_NAMES = {
    "home": "home city residence address location live lives living lives_in 住址 居住地 城市 住处 家 住在",
    "work": "work employer company workplace works_at works_for 工作单位 公司 雇主 单位 任职公司",
    "job": "job occupation profession role position job_title 职业 职位 岗位 工作",
    "age": "age 年龄 岁数",
    "name": "name full_name 姓名 名字",
    "relationship": "relationship marital_status relationship_status 婚姻状况 感情状况 婚姻",
    "origin": "origin hometown birthplace from comes_from 老家 籍贯 家乡 出生地",
    "diet": "diet eating_habits 饮食 饮食习惯",
    "birthday": "birthday date_of_birth birth_date 生日 出生日期",
}
NAMED = {word.replace("_", " "): name for name, words in _NAMES.items() for word in words.split()}
KINDS = {"relationship": "bond"} | {name: name for name in _NAMES if name != "relationship"}
# Attributes whose value is what is so or not, as the rules write them: "allergic to nuts: yes".
_SO_OR_NOT = (
    ("allergic to", YES, "allergy", ("allergy", "allergies", "allergic", "allergic to", "过敏", "过敏原", "对…过敏")),
    ("speak", YES, "language", ("speak", "speaks", "language", "languages", "语言", "会说", "会讲")),
    ("like", YES, "taste", ("like", "likes", "loves", "hobby", "hobbies", "interest", "喜欢", "爱好", "兴趣")),
    ("like", NO, "taste", ("dislike", "dislikes", "hates", "讨厌", "不喜欢")),
)
_FAVORITE = late.compile(r"^(?:favou?rite|最喜欢的|最爱的?) ?(?=\S)")
_PREFIXES = {"allergic to": "allergy", "speak": "language", "like": "taste", "own": "own", "use": "use"}
TOLD = "told"  # the kind of what no rule has a kind for
# Words that say how something is known to be so, and need not stand in the message that says it in others.
HELPERS = (
    "allergic intolerant like dislike love speak own have use drive play collect study smoke drink eat favorite "
    "preferred preference hobby interest current new number count name age home work job origin diet relationship "
    "birthday city employer title status pet kid child "
    "过敏 喜欢 讨厌 会说 拥有 使用 最喜欢 偏好 爱好 数量 名字 年龄 喝 吃 有 用 玩 学"
)


def canonical(attribute: str, value: str) -> tuple[str, str, str]:
    """(attribute, value, kind) by the rules' names: ("city", "Oslo") is ("home", "Oslo", "home"), ("allergy", "nuts")
    is ("allergic to nuts", "yes", "allergy")."""
    lower = " ".join(attribute.casefold().replace("_", " ").split())
    favorite = _FAVORITE.sub("favorite ", lower)
    if favorite != lower or lower.startswith("favorite "):
        return favorite, value, "favorite"
    if lower in NAMED:
        return NAMED[lower], value, KINDS[NAMED[lower]]
    if value not in (YES, NO):
        for prefix, so, kind, names in _SO_OR_NOT:
            if lower in names:
                return f"{prefix} {value.casefold()}", so, kind
    prefix = next((one for one in _PREFIXES if lower.startswith(f"{one} ")), "")
    return lower, value, _PREFIXES.get(prefix, TOLD)
