### What all pages share.

brand = Scrutin
skip = Skip to content
language-nav = Language
language-switch = Français
footer-voter = Your SIN and your code are used to check your right to vote, then wiped. They are never stored. Your choice is sealed for two keys that different people hold: nobody who holds one of them can tell how you voted. { $votes ->
    [1] This event shows each vote in the results by itself: it is for trying out.
   *[other] Results are shown in steps of at least { $shown } votes, or of everybody’s where fewer voted.
 }
footer-results = Official once a signed statement certifies them. Two people, each with one of the two keys of the count, can recount these figures from the ledger; nobody who holds one of the keys can tell how anybody voted. { $votes ->
    [1] This event shows each vote by itself: it is for trying out.
   *[other] Results are shown in steps of at least { $shown } votes, or of everybody’s where fewer voted.
 }
footer-monitor = No personal data on this page.
help = Help
help-address = The one true address of this site is { $address } – compare it with your browser’s, letter by letter, up to the slash. Nobody asks for your code elsewhere.
help-address-results = The one true address of this site is { $address } – compare it with your browser’s, letter by letter, up to the slash.
help-receipt = Check a receipt
help-results = Results
help-vote = Vote
help-lost-letter = Lost letter
help-accessibility = Accessibility
help-privacy = Privacy
call-authority = { $name } at { $telephone }

# Times and numbers
date = { $month } { $day }, { $year }
date-and-clock = { $date }, { $clock }
moment = { $date }, { $clock } { $zone }
hour-of-day = { $month } { $day }, { $clock }
time-of-day = { $clock } { $zone }
clock-full = { $hour }
clock-minutes = { $hour }:{ $minute }
clock-morning = { $time } a.m.
clock-afternoon = { $time } p.m.
clock-noon = noon
clock-midnight = 11:59 p.m.
zone-newfoundland = Newfoundland time
zone-atlantic = Atlantic time
zone-eastern = Eastern time
zone-central = Central time
zone-mountain = Mountain time
zone-pacific = Pacific time
zone-yukon = Yukon time
zone-offset = ({ $offset })
month-01 = January
month-02 = February
month-03 = March
month-04 = April
month-05 = May
month-06 = June
month-07 = July
month-08 = August
month-09 = September
month-10 = October
month-11 = November
month-12 = December
ordinal-one = %n%st
ordinal-two = %n%nd
ordinal-few = %n%rd
ordinal-other = %n%th

answer-oui = Yes
answer-non = No
answer-blanc = Blank vote
independent = Independent
withdrawn = Withdrawn
kind-law = Referendum
kind-election = Election
kind-ranked = Ranked-choice election
all-regions = All ridings
faults-page = Error: { $title }

not-found-title = Page not found
not-found-body = This address leads to no page. The link may be incomplete.
not-found-home = Go to the home page
other-method-title = This address cannot be used in this way
other-method-body = Start again from the home page.
