### Les pages de résultats. Les textes qui commencent par « live- » servent au module de la page.

results-title = Résultats
result = Résultat
standing-one-day = Vote le { $day }, de { $from } à { $to }
standing-days = Vote du { $opens } au { $closes }
standing-complete = Vote clos le { $time } (trame { $position } du registre)
note-before = Le vote n’a pas encore commencé : il n’y a pas de résultats.
note-voting = Le vote est en cours : aucun vote n’est encore compté sur cette page.
note-counting = Résultats provisoires : le dépouillement n’est pas terminé.
note-preliminary = Résultats préliminaires : tous les votes sont comptés, aucun relevé signé ne les certifie encore.
note-certified = Résultats certifiés : une personne autorisée a signé le relevé dont l’empreinte SHA-256 est { $sha256 }.
checked-line = Vérifié par { $count ->
    [one] { $count } témoin
   *[other] { $count } témoins
 } sur { $all }
checked-ago = il y a { $ago }
checked-few = Vérifié par { $count ->
    [one] { $count } témoin
   *[other] { $count } témoins
 } sur { $all } jusqu’ici ; requis : { $required }
checked-not-yet = pas encore
updated = Dernier vote compté :
hidden-until = Le décompte est gardé secret jusqu’à la clôture, le { $time }. Seule la participation est affichée.
hidden-sealed = Le décompte est sous clé. Seule la participation est affichée.

# L’état d’un scrutin en mots. Ils disent ce qui est compté, jamais ce qui peut venir.
says = { $name } : { $value }
list-and = { $first } et { $last }
list-further = { $more } de plus
status-provisional = Provisoire
status-preliminary = Préliminaire
status-certified = Certifié
headline-party-leading = { $count ->
    [one] { $party } mène pour { $seats } des { $all } sièges
   *[other] { $party } mènent pour { $seats } des { $all } sièges chacun
 } ;
headline-party-leading-regions = { $count ->
    [one] { $party } est en tête dans { $seats } circonscriptions sur { $all }
   *[other] { $party } sont en tête dans { $seats } circonscriptions sur { $all } chacun
 } ;
headline-party-elected = { $count ->
    [one] { $party } obtient { $seats } des { $all } sièges
   *[other] { $party } obtiennent { $seats } des { $all } sièges chacun
 } ;
headline-majority-needed = il en faut { $needed } pour la majorité.
headline-majority-reached = c’est la majorité : il en fallait { $needed }.
headline-majority-missed = pas de majorité : il en fallait { $needed }.
headline-seats-leading = Des candidatures mènent pour { $seats } des { $all } sièges.
headline-seats-elected = Des candidatures obtiennent { $seats } des { $all } sièges.
headline-leads = { $names } mène par { $count ->
    [one] { $votes } vote
   *[other] { $votes } votes
 } ({ $percent }).
headline-elected = { $names } obtient le siège par { $count ->
    [one] { $votes } vote
   *[other] { $votes } votes
 } ({ $percent }).
headline-leads-by-rule = { $names } mène par la règle des égalités : le dernier tour donne des nombres égaux.
headline-elected-by-rule = { $names } obtient le siège par la règle des égalités : le dernier tour donne des nombres égaux.
headline-leads-several = { $count ->
    [one] { $names } mène pour un des { $seats } sièges.
   *[other] { $names } mènent pour { $count } des { $seats } sièges.
 }
headline-elected-several = { $count ->
    [one] { $names } obtient un des { $seats } sièges.
   *[other] { $names } obtiennent { $count } des { $seats } sièges.
 }
headline-tied = { $names } sont à égalité pour { $seats ->
    [one] le siège
   *[other] le dernier des { $seats } sièges
 }.
headline-all-tied = Toutes les circonscriptions sont à égalité.
headline-counted-tied = Toutes les circonscriptions qui ont des votes comptés sont à égalité.
headline-no-seat = Les votes comptés jusqu’ici ne donnent le siège à personne.
headline-nobodys-seat = Les votes ne donnent le siège à personne.
headline-hidden = { $percent } ont voté. Le décompte n’est pas encore montré.
headline-no-vote = Aucun vote pour l’instant.
headline-nobody = Personne n’a voté.
headline-unreleased = { $count ->
    [one] { $votes } vote est inscrit, pas encore compté.
   *[other] { $votes } votes sont inscrits, aucun n’est encore compté.
 }
headline-no-valid = Seuls des votes blancs sont comptés jusqu’ici.
headline-all-blank = Tous les votes sont blancs.
headline-law-yes = Le Oui mène avec { $percent } des votes valides ; il faut { $needed } pour l’adoption.
headline-law-no = Le Non mène : le Oui a { $percent } des votes valides ; il faut { $needed } pour l’adoption.
headline-law-level = Le Oui et le Non sont à égalité, à { $percent } des votes valides ; il faut { $needed } pour l’adoption.
headline-law-open = Le Oui a { $percent } des votes valides ; il faut { $needed } pour l’adoption.
headline-law-passes = Adoptée : le Oui a { $percent } des votes valides ; il fallait { $needed }.
headline-law-fails = Rejetée : le Oui a { $percent } des votes valides ; il fallait { $needed }.
headline-law-regions = Il faut aussi l’appui de { $needed } des { $all } circonscriptions.
headline-law-regions-have = Circonscriptions qui approuvent : { $have } sur { $all } ; il en faut { $needed }.
reporting = Circonscriptions avec des votes comptés : { $have } sur { $all }.
votes-counted = Votes comptés : { $counted } sur { $votes } ({ $percent }).
recount-due = Dépouillement judiciaire prévu : l’avance est de moins de 1/1000 des votes valides.
recount-mark = Dépouillement judiciaire prévu
majority-line = { $needed } pour la majorité
gauge-needed = il faut { $needed }
gauge-regions = Circonscriptions qui approuvent
gauge-regions-value = { $have } sur { $all }
dots-hint = Chaque point est une circonscription, à sa part de Oui de 0 à 100 %. Le tableau donne les mêmes chiffres.

sums = Pourquoi des chiffres diffèrent
sums-unreleased = { $count ->
    [one] { $votes } vote fait partie de la participation sans être encore compté : les résultats s’affichent par tranches.
   *[other] { $votes } votes font partie de la participation sans être encore comptés : les résultats s’affichent par tranches.
 }
sums-seats = Sièges que personne n’a : { $left }. Circonscriptions à égalité : { $tied } ; circonscriptions sans vote compté : { $empty }.
sums-blank = Les votes blancs font partie de la participation et de tous les votes, jamais des votes valides.
sums-rounds = Ce tableau montre les premiers choix. Les sièges se décident par tours : les premiers choix les plus nombreux ne suffisent pas toujours.

turnout = Participation
turnout-line = { $count ->
    [one] { $votes } vote
   *[other] { $votes } votes
 } sur { $registered } personnes inscrites

turnout-against = À { $clock }, { $now } avaient voté ; { $title }, à la même heure : { $then }.
turnout-by-hour = Participation d’heure en heure
turnout-today = Ce vote
turnout-table = La même chose en tableau
col-until = Jusqu’à

verdict-passed = Adoptée
verdict-failed = Rejetée
share-more = plus de { $share }
share-least = au moins { $share }
needs-votes = Pour être adoptée, il lui faut { $share } des votes valides (oui et non).
needs-regions = Seconde condition : { $share } des circonscriptions l’approuvent, chacune par { $votes } de ses votes valides.

by-region = Par circonscription
by-party = Par parti
baseline-note = Petits nombres : variation depuis { $title }, en sièges et en points de pourcentage, dans les circonscriptions qui ont des votes comptés.
atlas-cartogram = Carte en hexagones : un par circonscription
atlas-map = La carte
atlas-note = Plein : candidature élue. Pâle : en tête. La liste ci-dessous dit la même chose en mots.
atlas-law-note = Fond uni : le seuil est atteint. Hachures : il ne l’est pas. Plus la teinte est foncée, plus l’écart avec le seuil est grand. Les nombres donnent la part du Oui, en pour cent ; la liste ci-dessous donne les mêmes résultats.
tiles = Circonscriptions, avec le parti en première place
region-search = Chercher une circonscription, une candidature ou un parti
first-preferences = Premiers choix
rounds = Tours de dépouillement
rounds-table = Tableau des tours
rounds-picture = Image des tours ; le tableau qui suit donne les mêmes chiffres
rounds-all = Tous les tours
round-before = Précédent
round-after = Suivant
round-of = Tour { $number } sur { $all }.
round-leading = Assez de votes pour un siège jusqu’ici : { $names }.
round-winners = Siège obtenu : { $names }.
round-losers = Éliminé(e) : { $names }.
round-gains = Votes reportés : { $gains }.
round-exhausted = Épuisés, faute d’autre choix marqué : { $votes }.
round-several = Plusieurs candidatures perdent des votes à la fois : nul ne peut dire où vont les votes de chacune.
rounds-hint = Chaque barre est un tour. Les bandes montrent où vont les votes quand une candidature est éliminée ou élue.
round = Tour
round-eliminated = Candidature éliminée
leader-elected = Élu(e)
leader-certified = Élu(e), certifié(e)
leader-leading = En tête
leader-after-rounds = En tête après les tours
seat-held-by = Siège détenu avant ce vote par { $party }
seat-gain = Gain sur { $party }
held-by-others = une candidature indépendante ou un autre parti
leader-tied = À égalité
tied = Égalité pour { $seats ->
    [one] le siège
   *[other] le dernier des { $seats } sièges
 }, entre : { $names }
not-counted-yet = Pas encore dépouillé
no-votes = Aucun vote
nothing-found = Aucune circonscription ne correspond.
region-search-only = Chercher une circonscription
region-show = Montrer
region-find = Chercher
show-all = Toutes les circonscriptions
show-closest = Les plus serrées : avance de moins de 5 %, ou égalité
show-tied = À égalité
show-unreleased = Sans vote compté
show-held = En tête : un autre parti que celui qui détenait le siège
show-gains = Gains : siège pris à un autre parti
show-near = Les plus serrées : à moins de 5 points de ce qu’il faut
show-against = Contre : plus de Non que de Oui
show-level = À égalité : autant de Oui que de Non
neighbours = Circonscriptions voisines
neighbours-hexagons = Circonscriptions voisines sur la carte en hexagones
opened-close = Fermer
opened-page = Page de la circonscription
my-region = Ma circonscription
my-region-none = Aucune
my-region-pin = Épingler comme ma circonscription

table-answers = Réponses de toutes les circonscriptions
table-parties = Sièges à pourvoir :
table-total = Total des votes : { $votes }.
col-answer = Réponse
col-votes = Votes
col-share-valid = Part des votes valides
col-share-total = Part de tous les votes
col-share-region = Part des votes de la circons­crip­tion
col-share-counted = Part des votes comptés
col-share-first = Part des premiers choix
col-votes-share = Part des votes
col-oui-share = Oui, part des votes valides
col-carries = Approuve
carries-yes = ✓ oui
carries-no = ✗ non
col-party = Parti
col-seats = Sièges
col-region = Circonscription
col-margin = Avance (votes)
col-final-margin = Avance au dernier tour
col-first-choices = Premiers choix
col-first = En première place
col-candidate = Candidature
row-valid = Votes valides
row-total = Tous les votes
row-counted = Votes comptés
row-exhausted = Votes épuisés
row-threshold = Pour obtenir un siège
of-all-votes = de tous les votes
of-counted-votes = des votes comptés

link-csv = Télécharger (CSV)
link-json = Données (JSON)
link-embed = Vue à intégrer
newsroom = Pour les médias
newsroom-data = Les fichiers CSV et JSON disent avec les chiffres s’ils sont définitifs (status), sur quelle trame du registre ils reposent (position), quand elle a été écrite (as_of) et combien de publications de votes ils contiennent (releases). Dans le CSV, tied dit qui est à égalité pour un siège et recount si l’avance demande un dépouillement judiciaire ; un champ vide veut dire qu’on ne le sait pas encore.
newsroom-snippet = Pour montrer ces résultats dans votre page, copiez ces lignes. Le cadre prend la hauteur de son contenu ; sans scripts, il garde celle qui est écrite ici.
sheet = Feuille à signer
sheet-line = Compté jusqu’à la trame { $position } du registre, le { $time }. { $releases ->
    [0] Aucune publication de votes n’est montrée.
    [one] Les chiffres reposent sur { $releases } publication de votes.
   *[other] Les chiffres reposent sur { $releases } publications de votes.
 }
sheet-empty = Aucun vote du registre n’est encore compté.
sheet-name = Nom et fonction
sheet-signature = Signature
sheet-date = Date et heure
snapshot-line = Copie du { $time }, jusqu’à la trame { $position } du registre. Des chiffres plus récents ont pu paraître.
snapshot-empty = Copie d’un registre qui n’a pas encore de trame. Des chiffres plus récents ont pu paraître.
snapshot-living = La page telle qu’elle est maintenant
link-full = Tous les résultats
link-statement = Relevé signé (JSON)
link-signature = sa signature (minisign)
source = Source :

# Pour le module de la page
live-on = En direct
live-polling = Mise à jour toutes les %n% s
live-off = Connexion interrompue ; nouvel essai dans %n% s
live-settled = Résultats certifiés
live-mine = Ma circonscription
live-found-one = 1 circonscription
live-found-other = %n% circonscriptions
