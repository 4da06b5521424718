### The results pages. Texts that start with "live-" are for the module of the page.

results-title = Results
result = Result
standing-counting = Voting: { $opens } to { $closes }
standing-complete = Closed by frame { $position } of the ledger, { $time }
note-counting = Counting: provisional results, more votes may come.
note-preliminary = Preliminary results: every vote is counted, no signed statement certifies them yet.
note-certified = Certified results: an officer has signed the statement with SHA-256 { $sha256 }.
checked-line = Checked by { $count } of { $all } witnesses, { $ago } ago
checked-few = Checked by { $count } of { $all } witnesses so far; required: { $required }
checked-not-yet = not yet
updated = Last vote counted:
hidden-until = The count is kept secret until voting closes, { $time }. Only turnout is shown.
hidden-sealed = The count is under lock and key. Only turnout is shown.

turnout = Turnout
turnout-line = { $count ->
    [one] { $votes } vote
   *[other] { $votes } votes
 } of { $registered } registered voters

verdict-passed = Passed
verdict-failed = Failed
percent = { $number }%
share-more = more than { $share }
share-least = at least { $share }
needs-votes = To pass, it needs { $share } of the valid votes (yes and no).
needs-regions = It also needs the approval of { $share } of the ridings, each by { $votes } of its valid votes.
needs-regions-have = So far: { $have } of { $all }.

by-region = By riding
by-party = By party
tiles = Ridings, with the leading party
region-search = Search for a riding
first-preferences = First preferences
rounds = Rounds of the count
rounds-table = Table of the rounds
rounds-hint = Each bar is a round. The bands show where votes go when a candidate is eliminated or elected.
round = Round
round-elected = Elected
round-eliminated = Eliminated
leader-elected = Elected
leader-leading = Leading
leader-after-rounds = Leading after the rounds
leader-tied = Tied
tied = Tied for the last seat:
not-counted-yet = Not counted yet
no-votes = No votes

table-answers = Answers of all ridings
table-parties = Seats to fill:
table-total = Total votes:
col-answer = Answer
col-votes = Votes
col-share-valid = Share of valid votes
col-share-total = Share of total votes
col-share-region = Share of the riding’s votes
col-votes-share = Share of votes
col-oui-share = Yes, share of valid votes
col-carries = Approves
carries-yes = ✓ yes
carries-no = ✗ no
col-party = Party
col-seats = Seats
col-region = Riding
col-leader = Leading
col-margin = Margin (votes)
col-candidate = Candidate
row-valid = Valid votes
row-total = Total votes
row-exhausted = Exhausted votes
row-threshold = To be elected
of-all-votes = of total votes

link-csv = Download (CSV)
link-embed = View to embed
link-full = All results

# For the module of the page
live-on = Live
live-polling = Updated every %n% s
live-off = Connection lost; trying again in %n% s
live-settled = Certified results
live-found-one = 1 riding
live-found-other = %n% ridings
