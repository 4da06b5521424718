//! A small event for the tests: the regions 1 and 300, the parties A and B, a law and an election.

use election::Event;

const DEFINITION: &str = r##"
[event]
id = "T-1"
title_fr = "Essai"
title_en = "Test"
time_zone = "America/Toronto"
count_key = "e3f53cb0c8535043d198d0275fe9fffcf736fc1c539191334ab910cf9899be33"
mask_key = "e96d77aafa41a438c89bcf04a556cbaa73c831f1cfdf7d4cfe2a478a4e1cde26"

[[law]]
id = "L-1"
title_fr = "Loi"
title_en = "Law"
question_fr = "Oui ?"
question_en = "Yes?"
opens = 2025-01-01T00:00:00
closes = 2035-01-01T00:00:00

[[party]]
code = "A"
name_fr = "Parti un"
name_en = "Party one"
colour = "#1b5e9e"

[[party]]
code = "B"
name_fr = "Parti deux"
name_en = "Party two"
colour = "#c62828"

[[region]]
number = 300
code = "R300"
name_fr = "Trois cents"
name_en = "Three hundred"

[[region]]
number = 1
code = "R1"
name_fr = "Premier"
name_en = "First"

[[election]]
number = 1
code = "E-1"
name_fr = "Vote"
name_en = "Vote"
method = "single_choice"
opens = 2025-01-01T00:00:00
closes = 2035-01-01T00:00:00

[[election.candidate]]
number = 1
region = 1
party = "A"
first_name = "A."
last_name = "Candidat-1"

[[election.candidate]]
number = 2
region = 300
party = "B"
first_name = "B."
last_name = "Candidat-2"
"##;

/// The event, whose regions do not stand in the order of their numbers.
pub(crate) fn two_regions() -> Event {
    Event::from_toml(DEFINITION).expect("a sound definition")
}
