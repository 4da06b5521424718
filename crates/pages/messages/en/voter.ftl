### The voter’s page. Texts that start with "script-" or "rank-" are for the modules of the page.

# Steps
steps = Steps of voting
step-choose = Ballot
step-mark = Choice
step-review = Review
step-done = Receipt
step-past = Done:

# How far the vote is
state-not-cast = Vote not cast yet
state-not-cast-more = Nothing is recorded until you press “Cast my vote”.
state-recorded = Vote recorded
state-recorded-more = Your vote is in the ballot box. You are done.
state-refused = No vote recorded from this submission
state-unsure = Vote may be recorded
state-already = A vote is already recorded
state-already-more = The first vote counts. This submission changed nothing.

# Home
home-title = Vote
home-lead = Vote in a few minutes. Your choice stays secret.
home-need = You need
home-need-nas = your social insurance number (SIN);
home-need-code = the secret code from the letter you received.
home-ballots = Choose a ballot
home-vote = Vote
home-vote-about = Vote: { $title }
home-open = Voting is open until { $time }
home-not-open = Voting begins { $time }
home-closed = Voting ended { $time }
home-check-title = Already voted?
home-check = Check that my vote is recorded

# Choice
mark-question = The question
mark-legend = Your choice
mark-legend-candidate = Your candidate
mark-legend-ranking = Your preferences
mark-continue = Continue
mark-next = You will review your choice in the next step.
mark-region-legend = Your riding
mark-region-hint = It is printed on the letter you received.
mark-region-choose = Choose a riding
mark-region-show = Show the candidates
mark-region-change = Change riding
mark-ranking-hint = Rank the candidates in your order of preference. You may rank only one, and up to { $max }.
mark-rank = { $ordinal } choice
mark-rank-none = None

# Review
review-title = Review, then cast your vote
review-retry-title = Check your details
review-summary = Your ballot
review-ballot = Ballot
review-region = Riding
review-choice = Choice
review-ranking = Ranking
review-change = Change my choice
review-identify = Confirm who you are
review-nas = Social insurance number (SIN)
review-nas-hint = 9 digits
review-code = Secret code
review-code-hint = From your letter: letters and digits. Spaces, hyphens and upper or lower case do not matter.
review-privacy = These details are sent only once, with your vote, and are never stored.
review-cast = Cast my vote
review-once = A vote that is cast cannot be changed.

# Faults
faults-title = There is a problem
fault-nothing = Mark a choice before you continue
fault-unreadable = The choice could not be read: mark it again
fault-repeated = The same candidate is ranked twice: keep one rank
fault-too-many = Too many ranks: rank fewer
fault-withdrawn = This candidate has withdrawn: choose another
fault-other-region = This candidate does not stand in your riding
fault-region = Choose your riding
fault-refused = This choice is not possible on this ballot
fault-nas-missing = Enter your SIN
fault-nas-malformed = The SIN must have 9 digits
fault-code-missing = Enter your secret code
fault-code-malformed = The secret code has 6 to 32 letters and digits
fault-not-recognised = This SIN and this code are not together on the voters’ list of this ballot. One of the two is wrong: enter both again.
fault-nas-compare = Compare the SIN with your card.
fault-code-compare = Compare the code with your letter, character by character.
fault-not-your-region = The riding you had chosen is not yours, so nothing was recorded. This is the ballot of your riding: mark it.
fault-again = For your security the fields were emptied: enter both again.
fault-tries = { $count ->
    [one] { $count } more try from your network. If it fails, the next is possible after { $wait }.
   *[other] { $count } more tries from your network. If all fail, the next is possible after { $wait }.
}
fault-no-tries = No try is left from your network until { $time }.
fault-lost-letter = If you have lost your letter, call { $call }: you are told there what to do.

# Ends
end-duplicate-title = A vote is already recorded with this letter
end-duplicate-attempt = This is attempt no. { $attempt } for this SIN and code, the recorded vote included.
end-duplicate-body = If you have voted on another page, in another window or on another device, all is well: the first vote counts.
end-duplicate-lost = If the connection broke while you voted, your vote may have arrived all the same: then it is the one that counts.
end-duplicate-help = If you have not voted, somebody else may have used your letter: call { $call } without delay.
end-repeats-body = It was sent again too often, so this time is not noted. Nothing has to be done. Try again in { $wait } if you must.
end-not-open-title = Voting is not open yet
end-not-open-body = Voting on this ballot begins { $time }. Come back then.
end-closed-title = Voting is closed
end-closed-body = Voting on this ballot ended { $time }. Your submission came too late and was not recorded.
end-closed-look = Voting on this ballot ended { $time }.
end-region-title = You have no vote in this election
end-region-body = Your SIN and your code are right, but this election is not held in the riding of the voters’ list for you. Nothing was recorded. If the riding is wrong, call { $call }.
end-tries-title = Too many tries
end-tries-body = Too many wrong codes were entered for this SIN from your network. To protect secret codes, no other is looked at for { $wait }, until { $time }.
end-tries-help = Check the code on your letter. From another network, such as that of a mobile phone, you can go on at once.
end-busy-title = The service is very busy
end-busy-body = This submission was not recorded. Try again in { $wait }: you cannot vote twice by accident.
end-busy-look = Try again in { $wait }.
end-busy-check = Too many receipts are being looked up. This says nothing about your vote: if you have a receipt number, it stays valid. Try again in { $wait }.
end-requests-title = Too many requests
end-requests-look = Too many requests come from your network. Try again in { $wait }.
end-requests-body = Too many requests come from your network, so this submission was not recorded. Try again in { $wait }.
end-requests-check = Too many requests come from your network. This says nothing about your vote. Try again in { $wait }.
end-unsure-title = Recording is taking longer than usual
end-unsure-body = It is not known yet whether your vote is recorded. In { $wait }, reload this page and let the browser send the form again: if your vote already was recorded, you get its receipt.
end-failed-title = The service has a fault
end-failed-look = The page cannot be shown. Try again in { $wait }.
end-failed-check = The receipt cannot be looked up. This says nothing about your vote. Try again in { $wait }.
end-site-title = This form came from another site
end-site-body = Nothing was recorded. Somebody else may have filled the form in: start again here, and mark your choice yourself.
end-broken-title = The submission could not be read
end-broken-body = Your vote was not recorded. Start again from the ballot.
end-broken-look = Start again from the home page.
end-wait-seconds = { $count ->
    [one] { $count } second
   *[other] { $count } seconds
}
end-wait-minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
}
end-again = Start again
end-home = Back to the home page
call-letter = the number on your letter
call-nobody = the election authority
end-check = Check a receipt

# Receipt
receipt-title = Your vote is recorded
receipt-lead = Keep this receipt: with it you can check that the vote is in the ballot box. It says nothing of your choice.
receipt-id = Receipt number
receipt-time = Recorded in the hour that begins
receipt-qr = QR code of this receipt
receipt-print = Print
receipt-copy = Copy the number
receipt-check = You can check it whenever you like, on this device or another.
receipt-no-ballot = The number does not say which ballot this vote is on, so this page cannot tell it.
receipt-where = Check it at
receipt-close = On a shared device, close this window now.
receipt-close-why = This page does not stay on the screen for the next person then.
receipt-home = Vote on another ballot

# Check a receipt
check-title = Is my vote recorded?
check-lead = Enter the number of your receipt. It says nothing of your choice, to anyone.
check-label = Receipt number
check-hint = Two numbers and 26 letters or digits, joined by hyphens
check-button = Check
check-missing = Enter the number of your receipt
check-malformed = This is not a receipt number: copy all of it, hyphens included
check-unknown = No vote is recorded under this number. Check every character.

# The proof on the receipt
proof-title = Proof
proof-checked = The server says: your vote is in the log, checked by { $count } of { $all } witnesses:
proof-signed = The server says: your vote is in the log, and the log is signed. This event asks no witnesses.
proof-promised = Signed promise of { $time }: your vote will be in the log. The proof comes within a minute.
proof-save = Save the proof
proof-save-promise = Save the promise
proof-ask = Ask for the proof
proof-keep = Keep the file with your receipt: it says that your vote is in the ballot box, not what you chose.
proof-elsewhere = This page and its list of witnesses come from the server that is being checked. To check without it, take the list that the election authority published and the program “tally receipt check”, or any other that reads the file; docs/transparency.md of the program’s source says how.

# For the modules of the page
script-nas-length = A SIN has 9 digits; this has %n%.
script-nas-check = This SIN does not look right: a digit may be wrong or two exchanged. If it is yours, cast anyway.
script-code-short = The code looks incomplete.
script-code-check = This code does not look right: compare every character with your letter. If it is the one in the letter, cast anyway.
rank-ranked = Your ranking
rank-unranked = Not in your ranking yet
rank-ranked-none = Nobody so far.
rank-unranked-none = Everybody is ranked.
rank-add = Rank %rank%
rank-up = Move up
rank-down = Move down
rank-remove = Remove
rank-undo = Undo the last step
rank-clear = Clear all
rank-full = You have used every rank of this ballot.
rank-said-placed = %name%: %rank% choice of %total%.
rank-said-removed = %name% is no longer in your ranking.
rank-said-undone = Last step undone. %total% in your ranking.
rank-said-cleared = Ranking cleared.
rank-said-top = %name% is already first.
rank-said-bottom = %name% is already last.
rank-ordinal-one = %n%st
rank-ordinal-two = %n%nd
rank-ordinal-few = %n%rd
rank-ordinal-other = %n%th
script-sending-title = Casting your vote…
script-sending-body = Keep this page open.
script-busy-title = The service is very busy
script-busy-body = Your vote is not recorded yet. The page sends it again by itself in %n% s; you cannot vote twice by accident.
script-offline-title = No connection
script-offline-body = The answer did not arrive. The page sends the same vote again in %n% s, or as soon as the connection is back; you cannot vote twice by accident.
script-now = Send again now
script-stop = Stop
script-stopped-title = Sending stopped
script-stopped-body = Nothing says that your vote is recorded. Cast it again when you like: if it already was, you get its receipt.
script-copied = Number copied.
script-proof-checked = Checked in your browser: your vote is in frame %frame%, the frame is in the log of %frames% frames, and the log is signed. Witnesses who have signed: %count% of %all%; required: %required%.
script-proof-unsigned = Your browser cannot check signatures, so it does not know who signed. All the rest of the file holds and is of your receipt.
script-proof-none = Your browser cannot check this here. The words above are the server’s.
script-promise-checked = Checked in your browser: the log’s operator has signed that your vote is recorded in frame %frame%. The proof comes within a minute.
script-proof-seen = %name%, %time%
script-proof-refused = Do not rely on this proof: %why% Save the file and call the number on your letter.
script-why-form = the file cannot be read.
script-why-other = it is of another vote or another log.
script-why-vote = your vote is not in the frame that it shows.
script-why-frame = the frame is not in the log that it shows.
script-why-log = the log has not signed it.
script-why-signature = the signature of %name% does not fit.
script-why-few = witnesses who have signed: %count%; required: %required%.
