### The results pages. Texts that start with "live-" are for the module of the page.

results-title = Results
result = Result
standing-one-day = Voting: { $day }, { $from } to { $to }
standing-days = Voting: { $opens } to { $closes }
standing-complete = Voting closed { $time } (frame { $position } of the ledger)
note-before = Voting has not begun: there are no results.
note-voting = Voting is under way: no vote is counted on this page yet.
note-counting = Provisional results: counting is not finished.
note-preliminary = Preliminary results: every vote is counted, no signed statement certifies them yet.
note-certified = Certified results: an officer has signed the statement with SHA-256 { $sha256 }.
checked-line = Checked by { $count } of { $all } witnesses
checked-ago = { $ago } ago
checked-few = Checked by { $count } of { $all } witnesses so far; required: { $required }
checked-not-yet = not yet
updated = Last vote counted:
hidden-until = The count is kept secret until voting closes, { $time }. Only turnout is shown.
hidden-sealed = The count is under lock and key. Only turnout is shown.

# The state of a ballot in words. They say what is counted, and never what may come.
says = { $name }: { $value }
list-and = { $first } and { $last }
list-further = { $more } more
status-provisional = Provisional
status-preliminary = Preliminary
status-certified = Certified
headline-party-leading = { $count ->
    [one] { $party } leads in { $seats } of { $all } seats
   *[other] { $party } lead in { $seats } of { $all } seats each
 };
headline-party-leading-regions = { $count ->
    [one] { $party } leads in { $seats } of { $all } ridings
   *[other] { $party } lead in { $seats } of { $all } ridings each
 };
headline-party-elected = { $count ->
    [one] { $party } is elected in { $seats } of { $all } seats
   *[other] { $party } are elected in { $seats } of { $all } seats each
 };
headline-majority-needed = { $needed } needed for a majority.
headline-majority-reached = a majority: { $needed } needed.
headline-majority-missed = no majority: { $needed } needed.
headline-seats-leading = Candidates lead in { $seats } of { $all } seats.
headline-seats-elected = Candidates are elected in { $seats } of { $all } seats.
headline-leads = { $names } leads by { $count ->
    [one] { $votes } vote
   *[other] { $votes } votes
 } ({ $percent }).
headline-elected = { $names } is elected by { $count ->
    [one] { $votes } vote
   *[other] { $votes } votes
 } ({ $percent }).
headline-leads-by-rule = { $names } leads by the rule for ties: the last round has equal numbers.
headline-elected-by-rule = { $names } is elected by the rule for ties: the last round has equal numbers.
headline-leads-several = { $count ->
    [one] { $names } leads for one of { $seats } seats.
   *[other] { $names } lead for { $count } of { $seats } seats.
 }
headline-elected-several = { $count ->
    [one] { $names } is elected, for one of { $seats } seats.
   *[other] { $names } are elected, for { $count } of { $seats } seats.
 }
headline-tied = { $names } are tied for { $seats ->
    [one] the seat
   *[other] the last of { $seats } seats
 }.
headline-all-tied = Every riding is tied.
headline-counted-tied = Every riding with counted votes is tied.
headline-no-seat = The votes counted so far give the seat to nobody.
headline-nobodys-seat = The votes give the seat to nobody.
headline-hidden = { $percent } have voted. The count is not shown yet.
headline-no-vote = No vote yet.
headline-nobody = Nobody voted.
headline-unreleased = { $count ->
    [one] { $votes } vote is recorded, not counted yet.
   *[other] { $votes } votes are recorded, none is counted yet.
 }
headline-no-valid = Only blank votes are counted so far.
headline-all-blank = Every vote is blank.
headline-law-yes = Yes leads with { $percent } of the valid votes; { $needed } needed to pass.
headline-law-no = The No side leads: Yes has { $percent } of the valid votes; { $needed } needed to pass.
headline-law-level = Yes and No are level at { $percent } of the valid votes; { $needed } needed to pass.
headline-law-open = Yes has { $percent } of the valid votes; { $needed } needed to pass.
headline-law-passes = Passed: Yes has { $percent } of the valid votes; { $needed } needed.
headline-law-fails = Failed: Yes has { $percent } of the valid votes; { $needed } needed.
headline-law-regions = { $needed } of { $all } ridings must approve, too.
headline-law-regions-have = { $have } of { $all } ridings approve; { $needed } needed.
reporting = { $have } of { $all } ridings have votes in the count.
votes-counted = Votes counted: { $counted } of { $votes } ({ $percent }).
recount-due = Recount due: the margin is below 1/1000 of the valid votes.
recount-mark = Recount due
majority-line = { $needed } for a majority
gauge-needed = { $needed } needed
gauge-regions = Ridings that approve
gauge-regions-value = { $have } of { $all }
dots-hint = Each dot is a riding, at its share of Yes from 0 to 100%. The table has the same numbers.

sums = Why numbers differ
sums-unreleased = { $count ->
    [one] { $votes } vote is in the turnout, but not counted yet: results are shown in steps.
   *[other] { $votes } votes are in the turnout, but not counted yet: results are shown in steps.
 }
sums-seats = Seats that nobody has: { $left }. Ridings with a tie: { $tied }; ridings without counted votes: { $empty }.
sums-blank = Blank votes are in the turnout and in all votes, but never among the valid votes.
sums-rounds = This table has first choices. Seats are decided in the rounds, so whoever has the most first choices may not win.

turnout = Turnout
turnout-line = { $count ->
    [one] { $votes } vote
   *[other] { $votes } votes
 } of { $registered } registered voters

turnout-against = By { $clock }, { $now } had voted; { $title }, by the same hour: { $then }.
turnout-by-hour = Turnout by hour
turnout-today = This vote
turnout-table = The same as a table
col-until = Until

verdict-passed = Passed
verdict-failed = Failed
share-more = more than { $share }
share-least = at least { $share }
needs-votes = To pass, it needs { $share } of the valid votes (yes and no).
needs-regions = It also needs the approval of { $share } of the ridings, each by { $votes } of its valid votes.

by-region = By riding
by-party = By party
baseline-note = Small numbers: change since { $title }, in seats and in points of the share, within the ridings that have votes in the count.
atlas-cartogram = Map of hexagons: one for each riding
atlas-map = The map
atlas-note = Solid: elected. Pale: leading. The list below says the same in words.
atlas-law-note = Plain: the share needed is reached. Striped: it is not. The darker, the further from it. Numbers are the share of Yes, in per cent; the list below has the same results.
tiles = Ridings, with the party in first place
region-search = Search for a riding, a candidate or a party
first-preferences = First choices
rounds = Rounds of the count
rounds-table = Table of the rounds
rounds-picture = Picture of the rounds; the table below has the same numbers
rounds-all = All rounds
round-before = Previous
round-after = Next
round-of = Round { $number } of { $all }.
round-leading = Enough votes for a seat so far: { $names }.
round-winners = Elected: { $names }.
round-losers = Eliminated: { $names }.
round-gains = Votes that move on: { $gains }.
round-exhausted = Exhausted, because no further choice is marked: { $votes }.
round-several = Several candidates lose votes at once, so nobody can tell whose votes go where.
rounds-hint = Each bar is a round. The bands show where votes go when a candidate is eliminated or elected.
round = Round
round-eliminated = Eliminated
leader-elected = Elected
leader-certified = Elected, certified
leader-leading = Leading
leader-after-rounds = Leading after the rounds
seat-held-by = Held before this election by { $party }
seat-gain = Gain from { $party }
held-by-others = an independent or another party
leader-tied = Tied
tied = Tied for { $seats ->
    [one] the seat
   *[other] the last of { $seats } seats
 }: { $names }
not-counted-yet = Not counted yet
no-votes = No votes
nothing-found = No riding is like that.
region-search-only = Search for a riding
region-show = Show
region-find = Find
show-all = All ridings
show-closest = Closest: margin under 5%, or tied
show-tied = Tied
show-unreleased = Without counted votes
show-held = Led by another party than the one that held the seat
show-gains = Gains: elected from another party than before
show-near = Closest: less than 5 points from what is needed
show-against = Against: more No than Yes
show-level = Level: as many Yes as No
neighbours = Neighbouring ridings
neighbours-hexagons = Neighbours on the map of hexagons
opened-close = Close
opened-page = Page of the riding
my-region = My riding
my-region-none = None
my-region-pin = Pin as my riding

table-answers = Answers of all ridings
table-parties = Seats to fill:
table-total = Total votes: { $votes }.
col-answer = Answer
col-votes = Votes
col-share-valid = Share of valid votes
col-share-total = Share of total votes
col-share-region = Share of the riding’s votes
col-share-counted = Share of counted votes
col-share-first = Share of first choices
col-votes-share = Share of votes
col-oui-share = Yes, share of valid votes
col-carries = Approves
carries-yes = ✓ yes
carries-no = ✗ no
col-party = Party
col-seats = Seats
col-region = Riding
col-margin = Margin (votes)
col-final-margin = Final-round margin
col-first-choices = First choices
col-first = In first place
col-candidate = Candidate
row-valid = Valid votes
row-total = Total votes
row-counted = Votes counted
row-exhausted = Exhausted votes
row-threshold = To be elected
of-all-votes = of total votes
of-counted-votes = of counted votes

link-csv = Download (CSV)
link-json = Data (JSON)
link-embed = View to embed
newsroom = For newsrooms
newsroom-data = CSV and JSON say with the figures how final they are (status), on which frame of the ledger they stand (position), when it was written (as_of) and how many releases of votes they hold (releases). In the CSV, tied says who is tied for a seat and recount whether the margin calls for a recount; an empty field is not known yet.
newsroom-snippet = To show this on your own page, copy these lines. The frame takes the height of its content; without scripts it keeps the one written here.
sheet = Sheet to sign
sheet-line = Counted up to frame { $position } of the ledger, { $time }. { $releases ->
    [0] No release of votes is shown.
    [one] The figures stand on 1 release of votes.
   *[other] The figures stand on { $releases } releases of votes.
 }
sheet-empty = No vote of the ledger is counted yet.
sheet-name = Name and office
sheet-signature = Signature
sheet-date = Date and time
snapshot-line = Copy of { $time }, up to frame { $position } of the ledger. Newer figures may be out.
snapshot-empty = Copy of a ledger that has no frame yet. Newer figures may be out.
snapshot-living = The page as it is now
link-full = All results
link-statement = Signed statement (JSON)
link-signature = its signature (minisign)
source = Source:

# For the module of the page
live-on = Live
live-polling = Updated every %n% s
live-off = Connection lost; trying again in %n% s
live-settled = Certified results
live-mine = My riding
live-found-one = 1 riding
live-found-other = %n% ridings
