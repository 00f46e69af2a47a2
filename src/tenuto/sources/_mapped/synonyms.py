"""What people call the columns of a listening log, and the things that are done in it."""

from __future__ import annotations

import re

# Most telling first. Names are compared without case and without what is no letter or digit.
COLUMNS: dict[str, tuple[str, ...]] = {
    "user_id": (
        *("userid", "user", "uid", "username", "usr", "listenerid", "listener", "customerid"),
        *("customer", "memberid", "member", "accountid", "account", "subscriberid", "msno"),
        *("profileid", "clientid", "personid", "visitorid"),
    ),
    "timestamp": (
        *(
            "timestamp",
            "ts",
            "listenedat",
            "playedat",
            "heardat",
            "eventtime",
            "eventtimestamp",
            "datetime",
        ),
        *("time", "unixtime", "utctime", "uts", "utcts", "startedat", "starttime", "playtimestamp"),
        *("endtime", "occurredat", "createdat", "clock", "when", "at", "date", "day", "playdate"),
    ),
    "item_id": (
        *("itemid", "songid", "trackid", "musicid", "spotifytrackuri", "trackuri", "recordingmbid"),
        *("trackmbid", "contentid", "mediaid", "videoid", "episodeid", "movieid", "productid"),
        *("item", "isrc", "sid", "tid", "iid"),
    ),
    "title": (
        *("title", "trackname", "songname", "tracktitle", "songtitle", "track", "song"),
        *("mastermetadatatrackname", "itemname", "itemtitle", "name"),
    ),
    "artist": (
        *("artist", "artistname", "singer", "mastermetadataalbumartistname", "creator", "band"),
        *("artists", "author", "performer"),
    ),
    "action": ("action", "event", "eventtype", "eventname", "page", "activity", "type"),
    "played": (
        *("played", "playtime", "playedms", "msplayed", "playeds", "playedseconds", "listenedms"),
        *(
            "secondsplayed",
            "listenedseconds",
            "listeneds",
            "listentime",
            "timeplayed",
            "playtimems",
        ),
        *("playduration", "playbacktime", "listened"),
    ),
    "length": (
        *("length", "songlength", "tracklength", "duration", "durationms", "lengthms", "lengths"),
        *("durations", "trackduration", "songduration", "trackdurationms"),
    ),
    "session_id": ("sessionid", "session", "visitid", "sessid"),
    "device": ("device", "devicetype", "platform", "os"),
    "is_paid": ("ispaid", "paid", "paidflag", "ispremium", "premium", "issubscribed", "subscribed"),
    "plan": ("plan", "level", "tier", "subscription", "subscriptiontype", "plantype", "product"),
    "registered": (
        *("registered", "registration", "registeredat", "signup", "signupdate", "signedupat"),
        *("registrationdate", "joined", "joinedat", "registertime"),
    ),
    "gender": ("gender", "sex"),
    "location": ("location", "country", "conncountry", "city", "region"),
    "user_agent": ("useragent", "useragentdecrypted", "agent", "browser"),
    "text": ("query", "searchquery", "searchtext", "searchterm", "keyword"),
}

_VALUES: dict[str, tuple[str, ...]] = {
    "play": (
        *("play", "listen", "listened", "nextsong", "stream", "scrobble", "played", "playback"),
        *("trackplay", "songplay", "playsong"),
    ),
    "download": ("download", "save", "downloaded"),
    "search": ("search", "query"),
    "like": ("like", "love", "thumbsup", "favorite", "favourite", "heart", "upvote"),
    "dislike": ("dislike", "thumbsdown", "ban", "hate", "downvote"),
    "remove_like": (
        *("removelike", "unlike", "unlove", "unfavorite", "unfavourite", "unheart"),
        *("thumbsupremoved", "removethumbsup"),
    ),
    "remove_dislike": (
        *("removedislike", "undislike", "unban", "unhate"),
        *("thumbsdownremoved", "removethumbsdown"),
    ),
    "add_to_playlist": ("addtoplaylist", "playlistadd", "addplaylist"),
    "add_friend": ("addfriend", "follow", "followuser"),
    "advert": ("advert", "rolladvert", "ad", "adplay"),
    "upgrade": ("upgrade", "submitupgrade", "upgraded", "subscribe"),
    "downgrade": ("downgrade", "submitdowngrade", "downgraded"),
    "cancel": ("cancel", "cancellationconfirmation", "cancelled", "canceled", "unsubscribe"),
    "register": ("register", "signup", "submitregistration"),
    "login": ("login", "signin"),
    "logout": ("logout", "signout"),
    "session_start": ("sessionstart", "open", "appopen", "launch"),
    "home": ("home",),
    "settings": ("settings",),
    "help": ("help", "support"),
    "error": ("error", "crash"),
}
ACTIONS = {word: action for action, words in _VALUES.items() for word in words}


def plain(name: str) -> str:
    """``name`` without case and without what is no letter or digit: ``User-ID`` is ``userid``."""
    return re.sub(r"[^a-z0-9]", "", name.lower())
