### Ce que toutes les pages partagent.

brand = Scrutin
skip = Aller au contenu
language-nav = Langue
language-switch = English
footer-voter = Votre NAS et votre code servent à vérifier votre droit de vote, puis sont effacés. Ils ne sont jamais enregistrés. Votre choix est scellé pour deux clés que détiennent des personnes différentes : qui n’en détient qu’une ne peut savoir comment vous avez voté. { $votes ->
    [1] Cet événement montre chaque vote séparément dans les résultats : il sert aux essais.
   *[other] Les résultats s’affichent par tranches d’au moins { $shown } votes, ou de tous les votes s’il y en a moins.
 }
footer-results = Officiels une fois certifiés par un relevé signé. Deux personnes, chacune avec l’une des deux clés du dépouillement, peuvent recompter ces chiffres à partir du registre ; qui ne détient qu’une clé ne peut savoir comment quiconque a voté. { $votes ->
    [1] Cet événement montre chaque vote séparément : il sert aux essais.
   *[other] Les résultats s’affichent par tranches d’au moins { $shown } votes, ou de tous les votes s’il y en a moins.
 }
footer-monitor = Aucune donnée personnelle sur cette page.
help = Aide
help-address = La seule vraie adresse de ce site est { $address } – comparez-la à celle de votre navigateur, lettre par lettre, jusqu’à la barre oblique. Personne ne demande votre code ailleurs.
help-address-results = La seule vraie adresse de ce site est { $address } – comparez-la à celle de votre navigateur, lettre par lettre, jusqu’à la barre oblique.
help-receipt = Vérifier un reçu
help-results = Résultats
help-vote = Voter
help-lost-letter = Lettre perdue
help-accessibility = Accessibilité
help-privacy = Vie privée
call-authority = { $name } au { $telephone }

# Moments et nombres
date = { $day ->
    [1] 1er
   *[other] { $day }
 } { $month } { $year }
date-and-clock = { $date }, { $clock }
moment = { $date }, { $clock } ({ $zone })
hour-of-day = { $day ->
    [1] 1er
   *[other] { $day }
 } { $month }, { $clock }
time-of-day = { $clock } ({ $zone })
clock-full = { $hour } h
clock-minutes = { $hour } h { $minute }
clock-morning = { $time }
clock-afternoon = { $time }
clock-noon = midi
clock-midnight = minuit
zone-newfoundland = heure de Terre-Neuve
zone-atlantic = heure de l’Atlantique
zone-eastern = heure de l’Est
zone-central = heure du Centre
zone-mountain = heure des Rocheuses
zone-pacific = heure du Pacifique
zone-yukon = heure du Yukon
zone-offset = { $offset }
month-01 = janvier
month-02 = février
month-03 = mars
month-04 = avril
month-05 = mai
month-06 = juin
month-07 = juillet
month-08 = août
month-09 = septembre
month-10 = octobre
month-11 = novembre
month-12 = décembre
ordinal-one = %n%er
ordinal-two = %n%e
ordinal-few = %n%e
ordinal-other = %n%e

answer-oui = Oui
answer-non = Non
answer-blanc = Vote blanc
independent = Sans parti
withdrawn = Candidature retirée
kind-law = Référendum
kind-election = Élection
kind-ranked = Élection à vote préférentiel
all-regions = Toutes les circonscriptions
faults-page = Erreur : { $title }

not-found-title = Page introuvable
not-found-body = Cette adresse ne mène à aucune page. Le lien est peut-être incomplet.
not-found-home = Aller à la page d’accueil
other-method-title = Cette adresse ne s’utilise pas ainsi
other-method-body = Recommencez à partir de la page d’accueil.
