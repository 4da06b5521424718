### Le moniteur des opérateurs. Les textes qui commencent par « watch- » servent à son module.

monitor-validator = Moniteur du validateur
monitor-tally = Moniteur du dépouillement
monitor-needs-scripts = Le moniteur lit les mesures dans le navigateur : il lui faut JavaScript.
health-live = Processus :
health-ready = Service :
panel-accepted = Votes acceptés
panel-counted = Votes dépouillés
panel-duplicate = Doublons
panel-invalid = Votes invalides
panel-votes = Votes dans l’urne
panel-queue = File d’attente du disque
panel-fsync = Écriture sur disque, 99e centile
panel-answer = Réponse, 99e centile
panel-position = Position du registre (trame)
panel-frames = Trames
panel-connections = Connexions ouvertes
panel-refused = Demandes refusées
panel-full = Votes refusés, disque plein
panel-lag = Retard de la base (trames)
panel-database = Base de données (1 = en service)
unit-per-second = par s
unit-milliseconds = ms
unit-none = {""}
watch-on = Mesures à jour à %time%
watch-off = Pas de réponse depuis %n% s
watch-range = 5 min : de %low% à %high%
watch-up = en service
watch-down = hors service
watch-none = Aucune mesure
