### La page de l’électeur. Les textes qui commencent par « script- » ou « rank- » servent aux modules de la page.

# Étapes
steps = Étapes du vote
step-choose = Scrutin
step-mark = Choix
step-review = Vérification
step-done = Reçu
step-past = Terminé :

# Où en est le vote
state-not-cast = Vote pas encore déposé
state-not-cast-more = Rien n’est enregistré tant que vous n’avez pas appuyé sur « Déposer mon vote ».
state-recorded = Vote enregistré
state-recorded-more = Votre vote est dans l’urne. Vous avez terminé.
state-refused = Aucun vote enregistré par cet envoi
state-unsure = Vote peut-être enregistré
state-already = Un vote est déjà enregistré
state-already-more = Le premier vote compte. Cet envoi n’y a rien changé.

# Accueil
home-title = Voter
home-lead = Votez en quelques minutes. Votre choix reste secret.
home-need = Il vous faut
home-need-nas = votre numéro d’assurance sociale (NAS) ;
home-need-code = le code secret de la lettre que vous avez reçue.
home-ballots = Choisissez un scrutin
home-vote = Voter
home-vote-about = Voter : { $title }
home-open = Le vote est ouvert jusqu’au { $time }
home-not-open = Le vote commence le { $time }
home-closed = Le vote a pris fin le { $time }
home-check-title = Vous avez déjà voté ?
home-check = Vérifier que mon vote est enregistré

# Choix
mark-question = Question posée
mark-legend = Votre choix
mark-legend-candidate = Votre candidat ou candidate
mark-legend-ranking = Vos préférences
mark-continue = Continuer
mark-next = Vous vérifierez votre choix à l’étape suivante.
mark-region-legend = Votre circonscription
mark-region-hint = Elle est écrite sur la lettre que vous avez reçue.
mark-region-choose = Choisir une circonscription
mark-region-show = Voir les candidatures
mark-region-change = Changer de circonscription
mark-ranking-hint = Classez les candidatures dans l’ordre de votre préférence. Vous pouvez n’en classer qu’une, et jusqu’à { $max }.
mark-rank = { $ordinal } choix
mark-rank-none = Aucun

# Vérification
review-title = Vérifiez, puis déposez votre vote
review-retry-title = Vérifiez vos renseignements
review-summary = Votre bulletin
review-ballot = Scrutin
review-region = Circonscription
review-choice = Choix
review-ranking = Classement
review-change = Modifier mon choix
review-identify = Confirmez qui vous êtes
review-nas = Numéro d’assurance sociale (NAS)
review-nas-hint = 9 chiffres
review-code = Code secret
review-code-hint = De votre lettre : lettres et chiffres. Les espaces, les tirets et les majuscules ou minuscules ne comptent pas.
review-privacy = Ces renseignements ne sont envoyés qu’une fois, avec votre vote, et ne sont jamais enregistrés.
review-cast = Déposer mon vote
review-once = Un vote déposé ne peut pas être changé.

# Erreurs
faults-title = Il y a un problème
fault-nothing = Marquez un choix avant de continuer
fault-unreadable = Le choix n’a pas pu être lu : marquez-le de nouveau
fault-repeated = La même candidature est classée deux fois : gardez-la à un seul rang
fault-too-many = Trop de rangs : classez-en moins
fault-withdrawn = Cette candidature s’est retirée : choisissez-en une autre
fault-other-region = Cette candidature n’est pas de votre circonscription
fault-region = Choisissez votre circonscription
fault-refused = Ce choix n’est pas possible sur ce bulletin
fault-nas-missing = Entrez votre NAS
fault-nas-malformed = Le NAS doit avoir 9 chiffres
fault-code-missing = Entrez votre code secret
fault-code-malformed = Le code secret a de 6 à 32 lettres et chiffres
fault-not-recognised = Ce NAS et ce code ne figurent pas ensemble sur la liste électorale de ce scrutin. L’un des deux est faux : entrez-les tous deux de nouveau.
fault-nas-compare = Comparez le NAS à votre carte.
fault-code-compare = Comparez le code à votre lettre, caractère par caractère.
fault-not-your-region = La circonscription choisie n’est pas la vôtre : rien n’a été enregistré. Voici le bulletin de votre circonscription : marquez-le.
fault-again = Par sécurité, les champs ont été vidés : entrez les deux de nouveau.
fault-tries = { $count ->
    [one] Il reste { $count } essai depuis votre réseau. S’il échoue, le suivant sera possible après { $wait }.
   *[other] Il reste { $count } essais depuis votre réseau. Si tous échouent, le suivant sera possible après { $wait }.
}
fault-no-tries = Il ne reste aucun essai depuis votre réseau jusqu’à { $time }.
fault-lost-letter = Si vous avez perdu votre lettre, appelez { $call }, qui vous dira quoi faire.

# Fins
end-duplicate-title = Un vote est déjà enregistré avec cette lettre
end-duplicate-attempt = C’est la tentative nº { $attempt } pour ce NAS et ce code, le vote enregistré compris.
end-duplicate-body = Si vous avez voté sur une autre page, dans une autre fenêtre ou sur un autre appareil, tout va bien : le premier vote compte.
end-duplicate-lost = Si la connexion s’est interrompue pendant que vous votiez, il se peut que votre vote soit arrivé quand même : c’est alors lui qui compte.
end-duplicate-help = Si vous n’avez pas voté, une autre personne s’est peut-être servie de votre lettre : appelez sans tarder { $call }.
end-repeats-body = Le vote a été renvoyé trop souvent : cet envoi n’est pas noté. Il n’y a rien à faire. Réessayez dans { $wait } s’il le faut.
end-not-open-title = Le vote n’a pas encore commencé
end-not-open-body = Le vote de ce scrutin commence le { $time }. Revenez à ce moment-là.
end-closed-title = Le vote a pris fin
end-closed-body = Le vote de ce scrutin a pris fin le { $time }. Votre envoi est arrivé trop tard et n’a pas été enregistré.
end-closed-look = Le vote de ce scrutin a pris fin le { $time }.
end-region-title = Vous ne votez pas à cette élection
end-region-body = Votre NAS et votre code sont justes, mais cette élection n’a pas lieu dans la circonscription que la liste électorale indique pour vous. Rien n’a été enregistré. Si cette circonscription est fausse, appelez { $call }.
end-tries-title = Trop d’essais
end-tries-body = Trop de codes erronés ont été entrés pour ce NAS depuis votre réseau. Pour protéger les codes secrets, aucun autre n’est examiné pendant { $wait }, soit jusqu’à { $time }.
end-tries-help = Vérifiez le code sur votre lettre. Depuis un autre réseau, comme celui d’un téléphone mobile, vous pouvez continuer tout de suite.
end-busy-title = Le service est très demandé
end-busy-body = Cet envoi n’a pas été enregistré. Réessayez dans { $wait } : vous ne risquez pas de voter deux fois.
end-busy-look = Réessayez dans { $wait }.
end-busy-check = Trop de reçus sont vérifiés en même temps. Cela ne dit rien de votre vote : si vous avez un numéro de reçu, il reste valable. Réessayez dans { $wait }.
end-requests-title = Trop de demandes
end-requests-look = Trop de demandes viennent de votre réseau. Réessayez dans { $wait }.
end-requests-body = Trop de demandes viennent de votre réseau : cet envoi n’a pas été enregistré. Réessayez dans { $wait }.
end-requests-check = Trop de demandes viennent de votre réseau. Cela ne dit rien de votre vote. Réessayez dans { $wait }.
end-unsure-title = L’enregistrement prend plus de temps que d’habitude
end-unsure-body = On ne sait pas encore si votre vote est enregistré. Dans { $wait }, rechargez cette page et laissez le navigateur renvoyer le formulaire : si le vote était déjà enregistré, vous recevrez son reçu.
end-failed-title = Le service est en panne
end-failed-look = La page ne peut pas être affichée. Réessayez dans { $wait }.
end-failed-check = Le reçu ne peut pas être vérifié. Cela ne dit rien de votre vote. Réessayez dans { $wait }.
end-site-title = Ce formulaire vient d’un autre site
end-site-body = Rien n’a été enregistré. Quelqu’un d’autre a peut-être rempli le formulaire : recommencez ici et marquez votre choix vous-même.
end-broken-title = L’envoi n’a pas pu être lu
end-broken-body = Votre vote n’a pas été enregistré. Recommencez à partir du scrutin.
end-broken-look = Recommencez à partir de l’accueil.
end-wait-seconds = { $count ->
    [one] { $count } seconde
   *[other] { $count } secondes
}
end-wait-minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
}
end-again = Recommencer
end-home = Retour à l’accueil
call-letter = le numéro qui figure sur votre lettre
call-nobody = l’autorité électorale
end-check = Vérifier un reçu

# Reçu
receipt-title = Votre vote est enregistré
receipt-lead = Gardez ce reçu : il permet de vérifier que le vote est dans l’urne. Il ne dit rien de votre choix.
receipt-id = Numéro de reçu
receipt-time = Enregistré dans l’heure commençant le
receipt-qr = Code QR de ce reçu
receipt-print = Imprimer
receipt-copy = Copier le numéro
receipt-check = Vous pouvez le vérifier quand vous voulez, sur cet appareil ou un autre.
receipt-no-ballot = Le numéro ne dit pas de quel scrutin est ce vote : cette page ne peut donc pas le nommer.
receipt-where = Adresse où le vérifier :
receipt-close = Sur un appareil partagé, fermez cette fenêtre maintenant.
receipt-close-why = Cette page ne restera pas à l’écran pour la personne suivante.
receipt-home = Voter à un autre scrutin

# Vérifier un reçu
check-title = Mon vote est-il enregistré ?
check-lead = Entrez le numéro de votre reçu. Il ne dit rien de votre choix, à personne.
check-label = Numéro de reçu
check-hint = Deux nombres et 26 lettres ou chiffres, séparés par des tirets
check-button = Vérifier
check-missing = Entrez le numéro de votre reçu
check-malformed = Ce n’est pas un numéro de reçu : copiez-le en entier, tirets compris
check-unknown = Aucun vote n’est enregistré sous ce numéro. Vérifiez chaque caractère.

# La preuve sur le reçu
proof-title = Preuve
proof-checked = Selon le serveur, votre vote est dans le journal ; témoins qui l’ont vérifié ({ $count } sur { $all }) :
proof-signed = Selon le serveur, votre vote est dans le journal, et le journal est signé. Ce scrutin ne demande pas de témoins.
proof-promised = Promesse signée du { $time } : votre vote sera dans le journal. La preuve suit en moins d’une minute.
proof-save = Enregistrer la preuve
proof-save-promise = Enregistrer la promesse
proof-ask = Demander la preuve
proof-keep = Gardez le fichier avec votre reçu : il dit que votre vote est dans l’urne, et non ce que vous avez choisi.
proof-elsewhere = Cette page et sa liste de témoins viennent du serveur même qu’il s’agit de vérifier. Pour vérifier sans lui, prenez la liste que l’autorité électorale a publiée et le programme « tally receipt check », ou tout autre qui lit ce fichier ; docs/transparency.md, avec le code source du programme, dit comment.

# Pour les modules de la page
script-nas-length = Un NAS a 9 chiffres ; il y en a %n%.
script-nas-check = Ce NAS ne semble pas juste : un chiffre est peut-être faux ou deux sont inversés. S’il est bien le vôtre, déposez quand même.
script-code-short = Le code semble incomplet.
script-code-check = Ce code ne semble pas juste : comparez chaque caractère à votre lettre. S’il est bien celui de la lettre, déposez quand même.
rank-ranked = Votre classement
rank-unranked = Pas encore dans votre classement
rank-ranked-none = Personne pour l’instant.
rank-unranked-none = Tout le monde est classé.
rank-add = Classer %rank%
rank-up = Monter
rank-down = Descendre
rank-remove = Retirer
rank-undo = Annuler le dernier geste
rank-clear = Tout effacer
rank-full = Vous avez utilisé tous les rangs de ce bulletin.
rank-said-placed = %name% : %rank% choix sur %total%.
rank-said-removed = %name% n’est plus dans votre classement.
rank-said-undone = Dernier geste annulé. %total% dans votre classement.
rank-said-cleared = Classement effacé.
rank-said-top = %name% est déjà en tête.
rank-said-bottom = %name% est déjà en dernier.
rank-ordinal-one = %n%er
rank-ordinal-two = %n%e
rank-ordinal-few = %n%e
rank-ordinal-other = %n%e
script-sending-title = Dépôt du vote en cours…
script-sending-body = Gardez cette page ouverte.
script-busy-title = Le service est très demandé
script-busy-body = Votre vote n’est pas encore enregistré. La page le renvoie d’elle-même dans %n% s ; vous ne risquez pas de voter deux fois.
script-offline-title = Pas de connexion
script-offline-body = La réponse n’est pas arrivée. La page renvoie le même vote dans %n% s, ou dès que la connexion revient ; vous ne risquez pas de voter deux fois.
script-now = Renvoyer maintenant
script-stop = Arrêter
script-stopped-title = Envoi arrêté
script-stopped-body = Rien ne dit que votre vote est enregistré. Déposez-le de nouveau quand vous voulez : s’il l’était déjà, vous recevrez son reçu.
script-copied = Numéro copié.
script-proof-checked = Vérifié dans votre navigateur : votre vote est dans la trame %frame%, la trame est dans le journal de %frames% trames, et le journal est signé. Témoins qui ont signé : %count% sur %all% ; requis : %required%.
script-proof-unsigned = Votre navigateur ne peut pas vérifier les signatures : il ne sait pas qui a signé. Tout le reste du fichier est juste et correspond à votre reçu.
script-proof-none = Votre navigateur ne peut rien vérifier ici. Ce qui précède est dit par le serveur.
script-promise-checked = Vérifié dans votre navigateur : l’exploitant du journal a signé que votre vote est enregistré dans la trame %frame%. La preuve suit en moins d’une minute.
script-proof-seen = %name%, %time%
script-proof-refused = Ne vous fiez pas à cette preuve : %why% Enregistrez le fichier et appelez le numéro de votre lettre.
script-why-form = le fichier ne peut pas être lu.
script-why-other = elle est d’un autre vote ou d’un autre journal.
script-why-vote = votre vote n’est pas dans la trame qu’elle montre.
script-why-frame = la trame n’est pas dans le journal qu’elle montre.
script-why-log = le journal ne l’a pas signée.
script-why-signature = la signature de %name% n’est pas juste.
script-why-few = témoins qui ont signé : %count% ; requis : %required%.
