"""How near the estimate comes to the tokens that it stands for, script by script."""

from __future__ import annotations

import pytest

from tiermem.providers.tokenizers import encoding_counter
from tiermem.tokens.estimate import estimate

O200K = encoding_counter("o200k_base")
SAMPLES = {
    "polish": "Zażółć gęślą jaźń, potem wróciliśmy późno do domu i zjedliśmy ciepłą kolację.",
    "greek": "Χάσαμε το τρένο και περιμέναμε πάνω από μία ώρα για το επόμενο.",
    "russian": "Мы опоздали на поезд и больше часа ждали следующего на вокзале.",
    "armenian": "Մենք ուշացանք գնացքից և մեկ ժամից ավելի սպասեցինք հաջորդին։",
    "hebrew": "איחרנו לרכבת וחיכינו יותר משעה לרכבת הבאה בתחנה.",
    "arabic": "فاتنا القطار وانتظرنا أكثر من ساعة القطار التالي في المحطة.",
    "hindi": "हमारी ट्रेन छूट गई और हमने अगली ट्रेन का एक घंटे से अधिक इंतज़ार किया।",
    "tamil": "நாங்கள் ரயிலைத் தவறவிட்டோம், அடுத்த ரயிலுக்காக ஒரு மணி நேரம் காத்திருந்தோம்.",
    "thai": "เราพลาดรถไฟและต้องรอขบวนถัดไปนานกว่าหนึ่งชั่วโมงที่สถานี",
    "sinhala": "අපට දුම්රිය මග හැරුණු අතර ඊළඟ දුම්රිය සඳහා පැයකට වඩා බලා සිටියෙමු.",
    "lao": "ພວກເຮົາຕົກລົດໄຟ ແລະ ຕ້ອງລໍຖ້າຂະບວນຕໍ່ໄປຫຼາຍກວ່າໜຶ່ງຊົ່ວໂມງ",
    "burmese": "ကျွန်ုပ်တို့ ရထားနောက်ကျပြီး နောက်ရထားကို တစ်နာရီကျော် စောင့်ခဲ့ရသည်။",
    "georgian": "მატარებელზე დავაგვიანეთ და შემდეგს ერთ საათზე მეტხანს ველოდეთ.",
    "amharic": "ባቡሩ አመለጠን እና ቀጣዩን ከአንድ ሰዓት በላይ ጠበቅን።",
    "khmer": "យើងខកខានរថភ្លើង ហើយរង់ចាំរថភ្លើងបន្ទាប់ជាងមួយម៉ោង។",
    "korean": "우리는 기차를 놓쳐서 다음 기차를 한 시간 넘게 기다렸습니다.",
    "japanese": "わたしたちは電車に乗り遅れて、つぎの電車を一時間以上まちました。",
    "chinese": "我们错过了火车，在车站等下一班车等了一个多小时。",
    "cherokee": "ᏣᎳᎩ ᎦᏬᏂᎯᏍᏗ ᎠᏂᏴᏫᏯ ᏙᎯᏳ ᎣᏏᏳ ᏩᏙ",
    "mongolian": "ᠮᠣᠩᠭᠣᠯ ᠬᠡᠯᠡ ᠪᠢᠴᠢᠭ ᠰᠠᠶᠢᠨ ᠪᠠᠶᠢᠨ᠎ᠠ ᠤᠤ",
    "ipa": "ðə kwɪk bɹaʊn fɒks dʒʌmps ˈəʊvə ðə ˈleɪzi dɒɡ",
    "boxes": "┌───────┬───────┐\n│ a     │ b     │\n├───────┼───────┤\n└───────┴───────┘",
    "arrows": "x → y, y ⇒ z, a ≤ b ≠ c ∈ D ∀ e ∃ f √ g ∞",
    "shapes": "■ □ ▲ △ ● ○ ★ ☆ ☎ ✔ ✘ ➜",
    "emoji": "😀 🚀 🎉 🐳 🍕 🏠 🌍 🎸",
    "rare han": "㐀㐁㐂㐃㐄㐅㐆㐇㐈㐉",
    "bopomofo": "ㄅㄆㄇㄈㄉㄊㄋㄌㄍㄎ",
    "fullwidth": "ＡＢＣ，１２３；ｘｙｚ！",
    "syriac": "ܐܒܓܕܗܘܙܚܛܝ ܟܠܡܢܣܥܦܨܩܪ",
    "glagolitic": "ⰀⰁⰂⰃⰄⰅⰆⰇⰈⰉ",
    "yi": "ꀀꀁꀂꀃꀄꀅꀆꀇꀈꀉ",
    "gothic": "𐌰𐌱𐌲𐌳𐌴𐌵𐌶𐌷𐌸𐌹",
    "han ext": "𠀀𠀁𠀂𠀃𠀄𠀅𠀆𠀇",
    "signs": "« £ § ° ¿ ¡ ± » ® © ¶ ¤",
    "capitals": "ATTENTION: PLEASE READ THE WHOLE OF THIS MESSAGE BEFORE YOU ANSWER.",
    "long words": "Donaudampfschifffahrtsgesellschaft pneumonoultramicroscopicsilicovolcanoconiosis",
    "digits": "1234567890 20231116 3.14159265 100,000,000 0x7fffffff 555-0199",
    "hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "rule": "-------------------- ==================== ####################",
    "operators": "a+=b&&c||!d?e:f<<=2;x->y::z[0]{1}(2)",
    "indent": "if x:\n        return 1\n            else_branch()\n    return 2\n",
}


@pytest.mark.parametrize("kind", SAMPLES)
def test_the_estimate_of_a_script_is_near(kind: str) -> None:
    text = "\n".join([SAMPLES[kind]] * 5)
    assert 0.8 <= estimate(text) / O200K(text) <= 1.55


@pytest.mark.parametrize(
    ("less", "more"),
    [
        ("please read the whole message", "PLEASE READ THE WHOLE MESSAGE"),
        ("ordinary words in a sentence", "extraordinary counterrevolutionaries in a sentence"),
        ("we went to the sea and to the lake", "nous sommes allés à la mer déjà très tôt"),
        ("a, b, c, d", "a!?,;:. b&*#@ c~^%$ d|<>="),
        ("1234 5678", "123 456 789 012 345"),
    ],
    ids=["capitals", "long words", "accents", "marks", "digits"],
)
def test_what_takes_more_tokens_is_estimated_higher(less: str, more: str) -> None:
    less, more = f"{less}\n" * 10, f"{more}\n" * 10
    assert O200K(less) < O200K(more)
    assert estimate(less) < estimate(more)
