"""Invented names for songs and artists, Chinese-looking and Latin, plain and URL-encoded.

Names are strings of tokens. Every token is encoded once, so a million names are encoded
by joining tokens, never by a loop over names. Nothing here is a real catalogue: titles
are random strings of everyday characters and syllables.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, quote_plus

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

HAN = (
    "春夏秋冬风花雪月山水云雨海天星光夜晨心梦情爱思念远方路桥城南北西东河江湖岸草木林叶红白青蓝紫金"
    "银火灯船鱼鸟雁蝶马鹿故乡人家少年时间往事回忆歌声琴弦酒茶书信窗门楼台烟尘沙雾霜露晚早长安宁静"
)
SYLLABLES = (
    *("la", "mi", "ro", "sa", "ve", "no", "ka", "ri", "to", "lu", "be", "di"),
    *("fa", "mo", "zen", "tal", "cor", "vin", "ash", "ell", "ray", "dor", "wyn", "sol"),
)
ENDINGS = ("", "", "", "", " (Live)", "(DJ版)", "-(电视剧《{}》插曲)", " Remix", "（Intro）")
GENRES = (
    *("流行", "摇滚", "民谣", "舞曲", "喊麦", "相声"),
    *("古风", "儿歌", "电音", "说唱", "轻音乐", "有声小说"),
)


@dataclass
class Names:
    """The same names three times: as shown, and as Android and iPhone write them in a query."""

    plain: pa.Array
    android: pa.Array
    iphone: pa.Array

    def take(self, index: np.ndarray) -> Names:
        """The names at these places."""
        places = pa.array(index)
        return Names(self.plain.take(places), self.android.take(places), self.iphone.take(places))

    def joined(self, separator: str, other: Names) -> Names:
        """This name, a separator, the other name; row by row."""
        pairs = zip(self.parts(), encodings(separator), other.parts(), strict=True)
        return Names(*(pc.binary_join_element_wise(a, b, sep) for a, sep, b in pairs))

    def parts(self) -> tuple[pa.Array, pa.Array, pa.Array]:
        """Plain, Android, iPhone."""
        return self.plain, self.android, self.iphone


def encodings(text: str) -> tuple[str, str, str]:
    """Plain; Android: upper-case hex, space as ``+``; iPhone: lower-case hex, ASCII too."""
    iphone = "".join("%20" if byte == 32 else f"%{byte:02x}" for byte in text.encode("utf-8"))
    return text, quote_plus(text) if " " in text else quote(text, safe=""), iphone


def tokens(texts) -> Names:
    """Each text as a name of its own."""
    columns = list(zip(*(encodings(text) for text in texts), strict=True))
    return Names(*(pa.array(column, pa.string()) for column in columns))


def titles(n: int, rng: np.random.Generator) -> Names:
    """``n`` song titles: four in five Chinese-looking, some with a version behind them."""
    names = _names(n, rng, han_lengths=(2, 6), latin_words=3, han_share=0.8)
    endings = [ending.format(_han_text(rng)) for ending in ENDINGS for _ in range(8)]
    return names.joined("", tokens(endings).take(rng.integers(0, len(endings), n)))


def artists(n: int, rng: np.random.Generator) -> Names:
    """``n`` artists' names, shorter than titles."""
    return _names(n, rng, han_lengths=(2, 4), latin_words=2, han_share=0.75)


def _names(
    n: int,
    rng: np.random.Generator,
    *,
    han_lengths: tuple[int, int],
    latin_words: int,
    han_share: float,
) -> Names:
    han, latin = tokens(HAN), tokens(_latin_words())
    blank, space = tokens([""]).take(np.zeros(n, int)), tokens([" "]).take(np.zeros(n, int))
    length = rng.integers(*han_lengths, n)
    chinese, western = blank, latin.take(rng.integers(0, len(latin.plain), n))
    for place in range(han_lengths[1]):
        character = han.take(rng.integers(0, len(HAN), n))
        chinese = choose(place < length, chinese.joined("", character), chinese)
    for _ in range(latin_words - 1):
        word = space.joined("", latin.take(rng.integers(0, len(latin.plain), n)))
        western = choose(rng.random(n) < 0.6, western.joined("", word), western)
    return choose(rng.random(n) < han_share, chinese, western)


def choose(mask: np.ndarray, yes: Names, no: Names) -> Names:
    """``yes`` where the mask holds, else ``no``."""
    pairs = zip(yes.parts(), no.parts(), strict=True)
    return Names(*(pc.if_else(pa.array(mask), a, b) for a, b in pairs))


def _latin_words() -> list[str]:
    return [(a + b).capitalize() for a in SYLLABLES for b in SYLLABLES]


def _han_text(rng: np.random.Generator) -> str:
    return "".join(HAN[place] for place in rng.integers(0, len(HAN), 4))
