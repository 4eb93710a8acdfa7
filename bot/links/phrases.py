"""What pages say of themselves, as patterns for text as ``folded`` makes it: one a line."""

import functools
import re

from bot.bibliography.folding import strip_accents

NOT_FOUND = r"""
# any language
\b404\b
\b410\b[ :-]+gone
# English
\bnot (?:be )?(?:found|located|exist)\b
\b(?:page|file|document|paper|article|item|record|resource|content|site|link)s?(?: \w+){0,3} not available\b
\b(?:page|file|document|paper|article|item|record|resource|content|site)s?(?: \w+){0,3} (?:unavailable|missing)\b
\b(?:page|file|document|paper|article|item|record|resource|content|link)s?(?: \w+){0,3} (?:removed|deleted|gone)\b
\b(?:page|file|document|paper|article|item|link|project|user)s?(?: \w+){0,3} (?:expired|invalid|disabled|been \w+)\b
\b(?:page|file|document|paper|article|link) you(?:'re| are)? \w+(?: \w+){0,3} (?:is|was|has|does|did|no)\b
\b(?:page|resource|content|article|url) (?:you )?requested\b
\bno longer (?:exists?|available|here|online|active|supported|valid|hosted|be found)\b
\b(?:does not|doesn't|do not|don't|didn't|did not) (?:seem to |appear to )?exist\b
\b(?:can ?not|can't|could ?n[o']t|could not|unable to|didn't|did not|failed to) (?:be )?(?:find|found|locate|located)\b
\bcan't seem to (?:find|locate)\b
\bno such (?:page|file|paper|document|article|user|item|record|object|key)\b
\bno (?:page|file|paper|document|article|record|results?|matching)s? (?:\w+ )?(?:found|here|exists?|at this)\b
\bnothing (?:here|found|to see)\b
\bthere isn't a github pages site here\b
\b(?:invalid|unknown|bad|broken|dead) (?:id|identifier|url|link|address|doi|handle|page|document|request)\b
\b(?:account|site|website|domain|service|hosting)(?: has been| is| was)? (?:suspended|disabled|terminated)\b
\b(?:account|site|website|domain|service|hosting)(?: has been| is| was)? (?:closed|expired|discontinued|shut down)\b
\b(?:oops|whoops|uh oh|page error|error page|missing page|lost\?|dead end)\b
\bhas (?:been )?(?:expired|moved|removed|deleted|retired|withdrawn|discontinued)\b
# German
\bnicht (?:mehr )?(?:gefunden|vorhanden|verfugbar|auffindbar|erreichbar|existent|existier\w+)
\b(?:existiert|existieren|gibt es) (?:leider )?nicht
\b(?:wurde|ist) (?:leider )?(?:geloscht|entfernt|verschoben)
\bnicht zu finden
\bkein\w* (?:seite|treffer|dokument|eintrag|inhalt)\w* (?:gefunden|vorhanden)
# French
\bintrouvable
\bnon trouve
\bpas (?:ete )?trouve
\bn'existe (?:pas|plus)
\b(?:n'est|plus) (?:pas|plus)? ?(?:disponible|accessible|en ligne)
\ba ete (?:supprime|retire|deplace)
\baucun\w* (?:page|document|resultat)\w*
# Spanish
\bno (?:se |ha |fue |sido |pudo |hemos |pudimos |podemos ){0,4}+(?:encontr\w+|encuentra|hall\w+)
\bno (?:existe|esta disponible|disponible)
\bya no (?:existe|esta)
\bha sido (?:eliminad|borrad|movid)
# Portuguese
\bnao (?:foi |pode |ser |conseguimos |possivel ){0,4}+(?:encontr\w+|localiza\w+|achad\w+)
\bnao (?:existe|esta (?:mais )?disponivel|disponivel)
\b(?:indisponivel|inexistente)\b
\bfoi (?:removid|excluid|apagad)
# Italian
\bnon (?:e |stata |stato |abbiamo |puo |essere ){0,4}+trovat
\bnon (?:esiste|(?:e )?(?:piu )?disponibile|raggiungibile|presente)
\bimpossibile trovare
\binesistente\b
# Catalan
\bno (?:s'ha |hem |ha estat |pogut )?(?:trobat|trobad|pogut trobar)
\bno existeix
# Dutch
\bniet (?:meer )?(?:gevonden|vinden|beschikbaar|aanwezig)
\bbestaat niet
\bonvindbaar
# Polish
\bnie (?:zostal[ao]? )?(?:znalezion|odnalezion|istniej|znalezl|odnaleziono|mozna znalezc|ma takiej)
\bbrak (?:strony|dokumentu|zasobu)
\bniedostepn
# Czech, Slovak
\bnenalezen
\bneexistuj
\bnebyl\w* (?:\w+ )?naleze
\bnenajden
\bsa nenasl
\bse nenasl
\bnedostupn
# Russian
\bне (?:была |был |было |удалось )?(?:наид|существу|обнаруж|доступн)
\b(?:удален\w*|отсутствует|недоступн\w*)\b
# Ukrainian
\bне (?:було |вдалося )?(?:знаид|існу)
\bвідсутн
\bвидален
# Bulgarian
\bне (?:е |бе |беше )?(?:намер|открит)
\bне съществува
\bняма такава
# Turkish
\bbulunama
\bbulunmu
\bmevcut degil
\bboyle bir sayfa yok
\bkaldirilmis
# Greek
\bδεν? (?:βρεθηκ|υπαρχ|ειναι διαθεσιμ|εντοπιστηκ|μπορει να βρεθ)
# Japanese
見つかりません
みつかりません
見つけることができ
見当たりません
存在しません
存在しない
ありません
削除され
お探しのページ
ページがない
# Chinese
找不到
未找到
没有找到
沒有找到
不存在
无法找到
無法找到
已被?删除
已被?刪除
已下架
不見了
不见了
已失效
无此页
頁面遺失
走丢
# Korean
찾을 ?수 ?없
존재하지 ?않
삭제된
삭제되
없는 ?페이지
페이지가 ?없
# Swedish
\bhittades (?:inte|ej)
\b(?:kunde|kan) inte hitta
\bhitta\w* (?:inte|ej)
\bfinns (?:inte|ej)
\bsaknas\b
# Danish
\b(?:blev |er )?ikke (?:\w+ )?fundet
\b(?:findes|eksisterer) ikke
\bkunne ikke find
# Norwegian
\b(?:ble )?ikke funnet
\b(?:finnes|fins|eksisterer) ikke
\b(?:fant|finner) (?:vi )?ikke
# Finnish
\bei (?:\w+ )?(?:loyd|loyt|ole olemassa|ole saatavilla)
\bpuuttuu\b
# Hungarian
\bnem (?:talal|letez|elerheto)
\bnincs (?:ilyen|talalat)
# Romanian
\bnu (?:a fost |au fost |am )?(?:gasi|putut fi gasi)
\bnu exista
\binexistent
# Croatian, Serbian, Slovene
\bni(?:je|su) (?:bil\w )?(?:prona|nad)
\bne (?:postoji|obstaja)
\bni (?:bil\w* )?(?:mogoce )?naj(?:ti|den)
# Estonian
\bei leit
\bei leid
\bei eksisteeri
# Latvian
\bnav (?:atrast|pieejam)
\bneeksiste
# Lithuanian
\bneras(?:t|ti)
\bneegzistuoja
# Icelandic
\bfannst ekki
\bekki til\b
# Basque
\bez da (?:aurkitu|existitzen)
# Vietnamese
\bkhong (?:tim thay|ton tai)
# Indonesian
\btidak (?:dapat )?(?:ditemukan|ditemui|dijumpai|tersedia|ada)
# Arabic
غير موجود
لم يتم العثور
لا يمكن العثور
غير متوفر
لا توجد
# Persian
یافت نشد
پیدا نشد
وجود ندارد
# Hebrew
לא נמצא
אינו קיים
לא קיים
# Hindi
नहीं मिला
नहीं मिल
मौजूद नहीं
# Thai
ไม่พบ
"""
"""That there is no such page."""

DOWN = r"""
\b(?:down for|under|scheduled|undergoing) (?:\w+ )?maintenance\b
\b(?:temporarily|currently) (?:unavailable|offline|down|out of service)\b
\bmaintenance mode\b
\bwartung(?:sarbeiten|smodus)?\b
\ben maintenance\b
\ben mantenimiento\b
\bin manutenzione\b
\bem manutencao\b
\b(?:be back|we'll be right back)\b
メンテナンス
维护中
"""
"""That the whole site is down for a while."""

PARKED = r"""
\bdomain(?: name)?s?\b[^\n]{0,80}\b(?:for sale|is parked|has expired|available for purchase)
\bdomain(?: name)?s?\b[^\n]{0,80}\bparked (?:free|page|domain|by)
\b(?:buy|purchase|acquire|get|own) this (?:premium )?domain
\bparked (?:free|domain|page)\b
\bdomain parking\b
\bthis (?:web ?page|site|website) is parked\b
\b[\w-]+\.[a-z]{2,10} is for sale\b
\bdomain\w*\b[^\n]{0,60}\b(?:zu verkaufen|zum verkauf|kaufen|geparkt|te koop)\b
\bdomen\w*\b[^\n]{0,60}\b(?:na sprzedaz|na prodej)\b
\bdom[ae]\w*\b[^\n]{0,60}\b(?:na sprzedaz|na prodej|til salg|till salu|satilik|elado)\b
\b(?:domaine|nom de domaine)\b[^\n]{0,60}\b(?:a vendre|en vente)\b
\bdominio\b[^\n]{0,60}\b(?:en venta|in vendita|a la venta|a venda)\b
\bдомен\b[^\n]{0,60}\b(?:прода|куп)
域名[^\n]{0,30}(?:出售|转让|轉讓)
ドメイン[^\n]{0,30}(?:販売|売り出|購入)
\brelated searches\b[^\n]{0,200}\bprivacy policy\b
"""
"""That the domain is for sale, or shows the advertisements of somebody who waits for a buyer."""


def folded(text: str) -> str:
    """A text for comparing with phrases: in lower case, without accents, with straight apostrophes."""
    return strip_accents(text.replace("’", "'").replace("\u02bc", "'")).casefold()


@functools.cache
def _pattern(phrases: str) -> re.Pattern[str]:
    lines = [folded(line) for line in phrases.split("\n") if line and not line.startswith("# ")]
    # Those that begin a word are tried where one begins, not at each letter.
    beginning = "|".join(line.removeprefix(r"\b") for line in lines if line.startswith(r"\b"))
    return re.compile("|".join([rf"\b(?:{beginning})", *(line for line in lines if not line.startswith(r"\b"))]))


def says(phrases: str, text: str) -> bool:
    """Whether a text says one of these."""
    return bool(_pattern(phrases).search(folded(text)))
