"""What is laid down is found in a user's own words, and what only looks like it is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiermem.facts.rules import CONSTRAINT, DEADLINE, NEED, QUESTION, TASK, WISH, laid_down

LAID_DOWN = [
    ("以後請用繁體中文回答。", WISH),
    ("那以后请叫我小王。", WISH),
    ("In the future please use tabs instead of spaces.", WISH),
    ("Never deploy anything on a Friday.", WISH),
    ("From now on please answer in British English.", WISH),
    ("Whenever you show me code, add type hints.", WISH),
    ("Call me Max, not Maximilian.", WISH),
    ("Could you always give distances in kilometres?", WISH),
    ("I'd rather you ask than guess.", WISH),
    ("Please don't use jQuery anywhere in this project.", CONSTRAINT),
    ("The total budget must stay under $2,400.", CONSTRAINT),
    ("I'm allergic to peanuts, so no recipe may contain them.", CONSTRAINT),
    ("I don't eat pork, please keep that in mind.", NEED),
    ("My mother can't climb stairs.", NEED),
    ("我乳糖不耐受。", NEED),
    ("Important: the production database is off limits.", CONSTRAINT),
    ("Anything above 500 euros needs my approval first.", CONSTRAINT),
    ("No phone calls after 8 pm.", CONSTRAINT),
    ("The report has to be submitted by March 14.", DEADLINE),
    ("I promised Elena the first draft by Friday evening.", DEADLINE),
    ("My goal is to run a half marathon in October.", TASK),
    ("We still have to decide which database to take.", QUESTION),
    ("I'm on a gluten-free diet, so keep that in mind for recipes.", NEED),
    ("I go to bed at ten, so schedule reminders before that.", WISH),
    ("Titles stay below sixty characters.", CONSTRAINT),
    ("Skip the small talk and get to the point.", WISH),
    ("Our house rule is no phones at dinner.", CONSTRAINT),
    ("以后请用简体中文回答我。", WISH),
    ("我晕车。", NEED),
    ("开会别排在中午。", CONSTRAINT),
    ("数据只保存三十天，到期就删。", CONSTRAINT),
    ("代码里变量名用英文，注释用中文。", WISH),
    ("请你每次回答最后都总结一句话。", WISH),
    ("以后发给我的链接都要先检查能不能打开。", WISH),
    ("整个旅行的花费必须控制在五千元以内。", CONSTRAINT),
    ("我跟编辑说好了，5月3日之前把书稿交给她。", DEADLINE),
    ("叫我小林就行。", WISH),
    ("千万不要在周五上线。", WISH),
    ("总预算不能超过两万元。", CONSTRAINT),
    ("没有我的同意，不准联系房东。", CONSTRAINT),
    ("我对花生过敏，推荐的菜里不能有花生。", CONSTRAINT),
    ("报告必须在3月14日之前提交。", DEADLINE),
    ("我的目标是十月份跑完半程马拉松。", TASK),
    ("I'm really not a fan of long voice notes.", WISH),
    ("I have a strong aversion to seafood.", WISH),
    ("Bright lights give me migraines.", NEED),
    ("Wheat doesn't agree with my daughter.", NEED),
    ("alwyas use the metric system pls", WISH),
    ("Can't do Tuesdays.", CONSTRAINT),
    ("Our office policy: no visitors after six.", CONSTRAINT),
    ("Amounts in pounds sterling.", WISH),
    ("The call for papers ends on 4 March.", DEADLINE),
    ("Starting tomorrow, two questions a day.", WISH),
    ("I need a plan for Rome, my aunt only speaks Polish, and we have three days.", CONSTRAINT),
    ("It would be nice if the summary came first.", WISH),
    ("For the entire conversation, please avoid the word 'viral'.", WISH),
    ("Could you keep it to three sentences throughout our chat?", WISH),
    ("海鲜我吃了就起疹子。", NEED),
    ("大夫让我少吃盐。", NEED),
    ("我特别讨厌弹出广告。", WISH),
    ("我们只接北京市内的单。", CONSTRAINT),
    ("下周开始项目例会用英语开。", WISH),
    ("段落开头空两格。", WISH),
    ("给他们安排个旅馆，奶奶只听得懂粤语，别太贵。", CONSTRAINT),
    ("我们还没决定用哪个数据库。", QUESTION),
    ("Never again use emojis.", WISH),
    ("Could you stop putting a summary at the end of every answer?", WISH),
    ("Can we agree that you run the tests before you say it's done?", WISH),
    ("Would it be okay to leave the signature out from now on?", WISH),
    ("Since I read you on my phone, keep code lines under 60 characters.", CONSTRAINT),
    ("Because our auditors complain otherwise, every figure needs a source.", CONSTRAINT),
    ("Until the end of March everything you draft goes to legal first.", CONSTRAINT),
    ("When I paste a log, only tell me the root cause.", WISH),
    ("If a number looks off to you, say so before you go on.", WISH),
    ("Make a note: my surname is spelled Meyer, with an e.", CONSTRAINT),
    ("For future reference, I take the aisle seat.", CONSTRAINT),
    ("No bullet points.", CONSTRAINT),
    ("Remember, you are a strict teacher.", CONSTRAINT),
    ("Remember, the kids must be in bed by eight.", CONSTRAINT),
    ("Please write in the first person, always.", WISH),
    ("以后你能不能用英文回答我？", WISH),
    ("你可不可以别每次都在最后加总结？", WISH),
    ("每次我贴日志的时候，你只要告诉我根本原因。", WISH),
    ("说过多少遍了，不要动我的配置文件。", CONSTRAINT),
    ("要是我说“尽快”，意思就是当天要。", WISH),
    ("考试期间晚上别给我安排活动。", CONSTRAINT),
    ("先结论，后理由。", CONSTRAINT),
    ("以後可不可以都用台灣的說法？", WISH),
]
NOT_LAID_DOWN = [
    "Never say never!",
    "From now on I am going to the gym.",
    "Going forward we'll be spending Christmas at my parents' place.",
    "The docs say: always close the connection.",
    "People say you should always buy the extended warranty.",
    "In my novel the king says that nobody may ever leave the island.",
    "Always happy to help!",
    "If you ever need anything, just call.",
    "Only if you promise to taste the results.",
    "Don't use any library for this one, I want to see the raw loop.",
    "I'm allergic to bullshit.",
    "Could you list the stops for each day of the trip?",
    "You must be disappointed.",
    "Remember, consistency is key.",
    "The new job must get heavy at times.",
    "Always surprises me how fast it goes.",
    "You don't need to be there.",
    "以后再说吧。",
    "从现在起我每天去健身房。",
    "我以后请你吃饭。",
    "请用英文回答这个问题。",
    "说明书上写着：不要放在阳光下。",
    "小说里国王规定谁都不准离开小岛。",
    "以后来上海一定要找我玩。",
    "我对开会过敏。",
    "从今天起我要早睡早起。",
    "不要担心。",
    "不要了，谢谢。",
    "不要忘了买牛奶。",
    "下班以后请给我打电话。",
    "吃完饭以后请把碗洗了。",
    "I never sleep well before exams.",
    "She always says that nobody may enter.",
    "My boss said we must never deploy on Fridays.",
    "Do you always answer in English?",
    "What must I do to get a visa?",
    "Never mind, I found it.",
    "Don't worry about it.",
    "List all files in the folder.",
    "Explain each step of the proof.",
    "It has to be good!",
    "I'm trying to keep my bundle size small, can you help me?",
    "This must-read novel is great.",
    "No problem, take your time.",
    'He wrote "Never trust anybody with your passwords, please." in his diary.',
    "Translate this: Never deploy on a Friday.",
    "```\n# never edit this file by hand\n```",
    "<page>\nNever trust the user.\n</page>",
    "> Always use the old API.",
    "I was so tired, so I skipped dinner.",
    "The kids go to school at eight.",
    "It makes me sick thinking about it.",
    "我每次都睡不好。",
    "昨天我晕车了。",
    "我只看了一页。",
    "我们的项目用Python写的。",
    "这两种颜色的区别放大了看。",
    "我觉得先休息一下就好了。",
    "老师说不要迟到。",
    "你以后会不会也这样？",
    "别担心，没事的。",
    "请翻译：千万不要在周五上线。",
    "谢谢你的推荐，这些书都很棒。",
    "I hate to say it, but you are right.",
    "I hate this.",
    "I don't like how he looked at me yesterday.",
    "If you ever need a hand, just let me know.",
    "You must have had a great time!",
    "She must be so proud.",
    "Thanks for the conversation!",
    "As of now, the schedule remains unchanged.",
    "I need it at 4.",
    "Give me an answer in 15 minutes.",
    "怪不得他这么厉害。",
    "必须的啊，我最喜欢他了。",
    "记得呀，是1988年的老片。",
    "门票只要25元，可以玩多长时间？",
    "",
    "\n\n",
]


@pytest.mark.parametrize(("text", "kind"), LAID_DOWN)
def test_what_is_laid_down_is_found_word_for_word(text: str, kind: str) -> None:
    assert [(rule.kind, rule.text) for rule in laid_down(text)] == [(kind, text)]


@pytest.mark.parametrize("text", NOT_LAID_DOWN)
def test_what_only_looks_like_it_is_none(text: str) -> None:
    assert laid_down(text) == []


def test_it_is_found_among_other_sentences() -> None:
    found = laid_down(
        "Thanks, that helps! Never use tabs. What is next?\n- Keep your answers short.\n以后都用中文回答。"
    )
    assert [rule.text for rule in found] == ["Never use tabs.", "Keep your answers short.", "以后都用中文回答。"]


def test_what_refers_back_takes_along_what_it_is_about() -> None:
    found = laid_down("You deleted my branch. Never do that again.")
    assert [rule.text for rule in found] == ["You deleted my branch. Never do that again."]


def test_of_what_is_long_only_what_says_that_it_holds_counts() -> None:
    pasted = "The contractor must carry out the works in due time. " * 30
    assert laid_down(pasted) == []
    assert [rule.text for rule in laid_down(pasted + "From now on answer in German.")] == [
        "From now on answer in German."
    ]
    assert laid_down("Never do it. " + "x " * 3_000) == []


def test_a_system_prompt_is_read_whole() -> None:
    prompt = "You are a support agent.\n" + "Some words about the product. " * 300 + "\nNever promise a refund."
    assert [rule.text for rule in laid_down(prompt, system=True)] == ["Never promise a refund."]


def test_taking_back_is_told() -> None:
    assert [rule.revokes for rule in laid_down("You can ignore the rule about tabs. 之前的规则取消。")] == [True, True]


@given(st.text() | st.lists(st.sampled_from([text for text, _ in LAID_DOWN] + NOT_LAID_DOWN)).map(" ".join))
def test_no_text_raises_and_every_word_was_said(text: str) -> None:
    said = " ".join(text.split())
    assert all(rule.text in said for rule in laid_down(text))
