### Les pages de résultats. Les textes qui commencent par « live- » servent au module de la page.

results-title = Résultats
result = Résultat
standing-counting = Vote du { $opens } au { $closes }
standing-complete = Clos par la trame { $position } du registre, le { $time }
note-counting = Dépouillement en cours : résultats provisoires, des votes peuvent encore s’ajouter.
note-preliminary = Résultats préliminaires : tous les votes sont comptés, aucun relevé signé ne les certifie encore.
note-certified = Résultats certifiés : une personne autorisée a signé le relevé dont l’empreinte SHA-256 est { $sha256 }.
checked-line = Vérifié par { $count ->
    [one] { $count } témoin
   *[other] { $count } témoins
 } sur { $all }, il y a { $ago }
checked-few = Vérifié par { $count ->
    [one] { $count } témoin
   *[other] { $count } témoins
 } sur { $all } jusqu’ici ; requis : { $required }
checked-not-yet = pas encore
updated = Dernier vote compté :
hidden-until = Le décompte est gardé secret jusqu’à la clôture, le { $time }. Seule la participation est affichée.
hidden-sealed = Le décompte est sous clé. Seule la participation est affichée.

turnout = Participation
turnout-line = { $count ->
    [one] { $votes } vote
   *[other] { $votes } votes
 } sur { $registered } personnes inscrites

verdict-passed = Adoptée
verdict-failed = Rejetée
percent = { $number } %
share-more = plus de { $share }
share-least = au moins { $share }
needs-votes = Pour être adoptée, il lui faut { $share } des votes valides (oui et non).
needs-regions = Il faut aussi que { $share } des circonscriptions l’approuvent, chacune par { $votes } de ses votes valides.
needs-regions-have = À ce jour : { $have } sur { $all }.

by-region = Par circonscription
by-party = Par parti
tiles = Circonscriptions, avec le parti en tête
region-search = Chercher une circonscription
first-preferences = Premiers choix
rounds = Tours de dépouillement
rounds-table = Tableau des tours
rounds-hint = Chaque barre est un tour. Les bandes montrent où vont les votes quand une candidature est éliminée ou élue.
round = Tour
round-elected = Candidature élue
round-eliminated = Candidature éliminée
leader-elected = Candidature élue
leader-leading = En tête
leader-after-rounds = En tête après les tours
leader-tied = À égalité
tied = Égalité pour le dernier siège entre :
not-counted-yet = Pas encore dépouillé
no-votes = Aucun vote

table-answers = Réponses de toutes les circonscriptions
table-parties = Sièges à pourvoir :
table-total = Total des votes :
col-answer = Réponse
col-votes = Votes
col-share-valid = Part des votes valides
col-share-total = Part de tous les votes
col-share-region = Part des votes de la circonscription
col-votes-share = Part des votes
col-oui-share = Oui, part des votes valides
col-carries = Approuve
carries-yes = ✓ oui
carries-no = ✗ non
col-party = Parti
col-seats = Sièges
col-region = Circonscription
col-leader = En tête
col-margin = Avance (votes)
col-candidate = Candidature
row-valid = Votes valides
row-total = Tous les votes
row-exhausted = Votes épuisés
row-threshold = Pour être élu(e)
of-all-votes = de tous les votes

link-csv = Télécharger (CSV)
link-embed = Vue à intégrer
link-full = Tous les résultats

# Pour le module de la page
live-on = En direct
live-polling = Mise à jour toutes les %n% s
live-off = Connexion interrompue ; nouvel essai dans %n% s
live-settled = Résultats certifiés
live-found-one = 1 circonscription
live-found-other = %n% circonscriptions
