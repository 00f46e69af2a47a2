"""The words of docs/five-listeners.md; `five_listeners.py` puts the lists in."""

HEAD = """\
# Five listeners

Do the lists make sense to somebody who knows music? Here are five listeners of Last.fm 2K (HetRec
2011: 1,892 listeners with their 50 most played artists, without time), with what they play most
and the *Discover* list that the `blend` of {members} makes for them (default settings, seed 0, no
re-ranking): artists who are not among their 50. Nobody was picked: of the listeners with 50
artists they are those at the {percentiles}th percentile of how many listeners their artists have
(mean of logarithms), from niche to mainstream. Written by

```console
$ python benchmarks/five_listeners.py --data ../shared/data
```

What is said below each list was written after looking at it; where a list has changed since, the
page says so instead.
"""

#: Listener -> (the list that was looked at, as `seal` has it; what was thought of it).
JUDGED: dict[int, tuple[int, str]] = {
    116: (
        3939670289,
        """\
Fits. The plays are New York and underground hip-hop, and so is the list: Wu-Tang Clan beside
Raekwon, Ghostface Killah and GZA, The Roots and Mos Def beside Common and Talib Kweli, Big L and
Jedi Mind Tricks for who digs deeper. 2Pac and Notorious B.I.G. are no discovery for such a
listener: new means here only that they are not among the 50.""",
    ),
    1515: (
        861237769,
        """\
Half fits. Winners of British and American talent shows and big ballads lead to Cheryl Cole, The
Saturdays, Adam Lambert and Alicia Keys, which is right; Britney Spears, Katy Perry and Christina
Aguilera are what everybody has. The eleven Brazilian names among the 50 lead to nothing.""",
    ),
    1587: (
        2784803818,
        """\
Fits. Massive Attack, Portishead and Daft Punk beside Morcheeba, Hooverphonic, Air and Moby, Snow
Patrol and Coldplay beside Travis and Keane: what a friend would say, though the friend would
expect most of it to be known. Nothing Russian, Italian or progressive for Земфира, Tiromancino
and Porcupine Tree.""",
    ),
    1178: (
        3734788611,
        """\
Plausible, and dull. Nearly half of all plays are of one artist, Taylor Swift, and no reason names
her; two halves, the pop of the year and guitar bands, follow from artists far down the counts
(Muse, 313 plays of 73,363). Paramore beside Avril Lavigne, P!nk beside Kelly Clarkson are good;
no country, nothing Brazilian.""",
    ),
    1765: (
        3949989806,
        """\
The weakest. MGMT, Arctic Monkeys and Lily Allen suit somebody who plays Crystal Castles, Two Door
Cinema Club and Bombay Bicycle Club; Madonna, Muse, Radiohead and The Beatles suit everybody. No
rap beside Nicki Minaj, Eminem and Wiz Khalifa, and none of the many smaller bands around Foals
and Friendly Fires.""",
    ),
}

#: Said where every list is as it was when it was looked at.
ALTOGETHER = """\
## Altogether

No list is wrong, and no artist on them would be taken for a mistake. The narrower the taste, the
better the list: of the niche listener's ten artists nine have at most 30 listeners here, of the
mainstream ones' none has fewer than 140. Who plays what everybody plays is told of what everybody
plays; that is where the accuracy is, and where [re-ranking](reference/reranking.md)
(`popularity_penalty`, `popularity_calibration`) earns its place. Small scenes in another language
are lost: too few listeners here share them. The reasons are true, but they weigh an artist by who
else likes them rather than by how much this listener plays them.
"""
