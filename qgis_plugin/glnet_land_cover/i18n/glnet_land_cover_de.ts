<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de" sourcelanguage="en">
  <context>
    <name>GlnetLandCover</name>
    <message>
      <source>The engine {} cannot do this yet: {}.</source>
      <translation>Die Engine {} kann das noch nicht: {}.</translation>
    </message>
    <message>
      <source>Python of the engine (empty for the one that is set up)</source>
      <translation>Python der Engine (leer: die eingerichtete)</translation>
    </message>
    <message>
      <source>Engine: glnet_geo {}, Python {}, {}</source>
      <translation>Engine: glnet_geo {}, Python {}, {}</translation>
    </message>
    <message>
      <source>“{}” is a table of a database: name a file of its own for “{}”.</source>
      <translation>„{}“ ist eine Tabelle einer Datenbank: nennen Sie eine eigene Datei für „{}“.</translation>
    </message>
    <message>
      <source>“{}” is no number: correct “{}”, with a point before decimals.</source>
      <translation>„{}“ ist keine Zahl: berichtigen Sie „{}“, mit einem Punkt vor den Dezimalstellen.</translation>
    </message>
    <message>
      <source>Batch of tiles</source>
      <translation>Viele Bilder auf einmal</translation>
    </message>
    <message>
      <source>Maps</source>
      <translation>Karten</translation>
    </message>
    <message>
      <source>Maps many images at once; those that touch are mapped as one, without seams.</source>
      <translation>Kartiert viele Bilder auf einmal; solche, die sich berühren, werden als eines kartiert, ohne Nähte.</translation>
    </message>
    <message>
      <source>Land cover polygons</source>
      <translation>Landbedeckung als Polygone</translation>
    </message>
    <message>
      <source>Land cover</source>
      <translation>Landbedeckung</translation>
    </message>
    <message>
      <source>Every image gets a map of its own in the folder. &lt;b&gt;Mosaics&lt;/b&gt; are one map of all images: as a raster, or as polygons that are not cut where images end.</source>
      <translation>Jedes Bild bekommt eine eigene Karte im Ordner. &lt;b&gt;Mosaike&lt;/b&gt; sind eine Karte aller Bilder: als Raster oder als Polygone, die nicht zerschnitten sind, wo Bilder enden.</translation>
    </message>
    <message>
      <source>An image that fails is told and does not stop the others. What is finished stays: the same job goes on from there after it was stopped, and makes only what is new or was changed when it is run again.</source>
      <translation>Ein Bild, das misslingt, wird genannt und hält die anderen nicht auf. Was fertig ist, bleibt: derselbe Auftrag macht dort weiter, wo er angehalten wurde, und rechnet beim nächsten Mal nur, was neu oder geändert ist.</translation>
    </message>
    <message>
      <source>GLNet: mosaic</source>
      <translation>GLNet: Mosaik</translation>
    </message>
    <message>
      <source>land cover,many images,tiles,mosaic,folder,orthophotos</source>
      <translation>Landbedeckung,viele Bilder,Kacheln,Mosaik,Ordner,Orthofotos</translation>
    </message>
    <message>
      <source>Images</source>
      <translation>Bilder</translation>
    </message>
    <message>
      <source>Folder of more images</source>
      <translation>Ordner mit weiteren Bildern</translation>
    </message>
    <message>
      <source>Model: one that is installed, or a model file (.safetensors)</source>
      <translation>Modell: ein installiertes oder eine Modelldatei (.safetensors)</translation>
    </message>
    <message>
      <source>Files of every image</source>
      <translation>Dateien jedes Bildes</translation>
    </message>
    <message>
      <source>Folder of the maps</source>
      <translation>Ordner der Karten</translation>
    </message>
    <message>
      <source>Mosaic: land cover of all images</source>
      <translation>Mosaik: Landbedeckung aller Bilder</translation>
    </message>
    <message>
      <source>Mosaic: polygons of all images</source>
      <translation>Mosaik: Polygone aller Bilder</translation>
    </message>
    <message>
      <source>List of more images: .txt, tile index (.gpkg, .shp), STAC items (.json)</source>
      <translation>Liste weiterer Bilder: .txt, Kachelindex (.gpkg, .shp), STAC-Einträge (.json)</translation>
    </message>
    <message>
      <source>Asset of STAC items (empty: the only raster, or visual, image, data)</source>
      <translation>Asset der STAC-Einträge (leer: das einzige Raster, oder visual, image, data)</translation>
    </message>
    <message>
      <source>Also tell of every image how sure its map is</source>
      <translation>Auch von jedem Bild sagen, wie sicher seine Karte ist</translation>
    </message>
    <message>
      <source>Names of the maps, of {stem} {parent} {number} {suffix}</source>
      <translation>Namen der Karten, aus {stem} {parent} {number} {suffix}</translation>
    </message>
    <message>
      <source>Map images that touch as one</source>
      <translation>Bilder, die sich berühren, als eines kartieren</translation>
    </message>
    <message>
      <source>Times to try an image again that cannot be read</source>
      <translation>Wie oft ein Bild, das sich nicht lesen lässt, noch einmal versucht wird</translation>
    </message>
    <message>
      <source>Folder of a STAC catalogue to make of the maps</source>
      <translation>Ordner für einen STAC-Katalog der Karten</translation>
    </message>
    <message>
      <source>Replace files that are there already</source>
      <translation>Dateien ersetzen, die schon da sind</translation>
    </message>
    <message>
      <source>Images that were mapped</source>
      <translation>Kartierte Bilder</translation>
    </message>
    <message>
      <source>Images with nothing to do</source>
      <translation>Bilder, an denen nichts zu tun war</translation>
    </message>
    <message>
      <source>Images that failed</source>
      <translation>Misslungene Bilder</translation>
    </message>
    <message>
      <source>An image cannot be opened: choose raster layers or files.</source>
      <translation>Ein Bild lässt sich nicht öffnen: wählen Sie Rasterlayer oder Dateien.</translation>
    </message>
    <message>
      <source>There is nothing to map: name images, a folder, or a list of them.</source>
      <translation>Es gibt nichts zu kartieren: nennen Sie Bilder, einen Ordner oder eine Liste.</translation>
    </message>
    <message>
      <source>The folder of the maps is temporary: it goes when QGIS is closed, and no other job goes on from it. To keep what is finished, name a folder.</source>
      <translation>Der Ordner der Karten ist temporär: er verschwindet, wenn QGIS geschlossen wird, und kein anderer Auftrag macht dort weiter. Um Fertiges zu behalten, nennen Sie einen Ordner.</translation>
    </message>
    <message>
      <source>{done} images mapped, {skipped} skipped, {failed} failed</source>
      <translation>{done} Bilder kartiert, {skipped} übersprungen, {failed} misslungen</translation>
    </message>
    <message>
      <source>Stopped: what is finished lies in {} until QGIS is closed.</source>
      <translation>Angehalten: was fertig ist, liegt in {}, bis QGIS geschlossen wird.</translation>
    </message>
    <message>
      <source>Check scene</source>
      <translation>Bild prüfen</translation>
    </message>
    <message>
      <source>Tells whether an image suits a model, how long a map takes and what it needs, without making it.</source>
      <translation>Sagt, ob ein Bild zu einem Modell passt, wie lange eine Karte dauert und was sie braucht, ohne sie zu machen.</translation>
    </message>
    <message>
      <source>about {:.0f} s or less</source>
      <translation>etwa {:.0f} s oder weniger</translation>
    </message>
    <message>
      <source>about {:.0f} s</source>
      <translation>etwa {:.0f} s</translation>
    </message>
    <message>
      <source>Look at the log: it names bands, values, pixel size, CRS, device, memory and time, and warns of what is doubtful.</source>
      <translation>Sehen Sie ins Protokoll: es nennt Kanäle, Werte, Pixelgröße, KBS, Gerät, Speicher und Zeit und warnt vor Zweifelhaftem.</translation>
    </message>
    <message>
      <source>Size</source>
      <translation>Größe</translation>
    </message>
    <message>
      <source>CRS</source>
      <translation>KBS</translation>
    </message>
    <message>
      <source>Pixel size</source>
      <translation>Pixelgröße</translation>
    </message>
    <message>
      <source>Bands</source>
      <translation>Kanäle</translation>
    </message>
    <message>
      <source>Values</source>
      <translation>Werte</translation>
    </message>
    <message>
      <source>No data</source>
      <translation>Ohne Daten</translation>
    </message>
    <message>
      <source>Model</source>
      <translation>Modell</translation>
    </message>
    <message>
      <source>Device</source>
      <translation>Gerät</translation>
    </message>
    <message>
      <source>Memory</source>
      <translation>Speicher</translation>
    </message>
    <message>
      <source>Time</source>
      <translation>Zeit</translation>
    </message>
    <message>
      <source>land cover,suitability,time,memory,bands</source>
      <translation>Landbedeckung,Eignung,Zeit,Speicher,Kanäle</translation>
    </message>
    <message>
      <source>Seconds that a map would take</source>
      <translation>Sekunden, die eine Karte dauern würde</translation>
    </message>
    <message>
      <source>Bytes of memory that it would need</source>
      <translation>Bytes Speicher, die sie brauchen würde</translation>
    </message>
    <message>
      <source>Megapixels</source>
      <translation>Megapixel</translation>
    </message>
    <message>
      <source>none: the map will have none either</source>
      <translation>keines: auch die Karte wird keines haben</translation>
    </message>
    <message>
      <source>unknown</source>
      <translation>unbekannt</translation>
    </message>
    <message>
      <source>{} rows, {} columns, {:.2f} megapixels</source>
      <translation>{} Zeilen, {} Spalten, {:.2f} Megapixel</translation>
    </message>
    <message>
      <source>about {:.1f} GB</source>
      <translation>etwa {:.1f} GB</translation>
    </message>
    <message>
      <source>Note</source>
      <translation>Hinweis</translation>
    </message>
    <message>
      <source>Classify land cover</source>
      <translation>Landbedeckung klassifizieren</translation>
    </message>
    <message>
      <source>Maps what covers the ground in an aerial or satellite image.</source>
      <translation>Kartiert, was den Boden in einem Luft- oder Satellitenbild bedeckt.</translation>
    </message>
    <message>
      <source>Maps what covers the ground in an aerial or satellite image, on the image's own grid and in its CRS.</source>
      <translation>Kartiert, was den Boden in einem Luft- oder Satellitenbild bedeckt, im Raster und im KBS des Bildes.</translation>
    </message>
    <message>
      <source>&lt;b&gt;Land cover&lt;/b&gt; is a raster with the names and colours of the classes inside. &lt;b&gt;Polygons&lt;/b&gt; are the same map with the area of each feature. &lt;b&gt;Confidence&lt;/b&gt; tells how sure the map is of every pixel.</source>
      <translation>&lt;b&gt;Landbedeckung&lt;/b&gt; ist ein Raster, das Namen und Farben der Klassen enthält. &lt;b&gt;Polygone&lt;/b&gt; sind dieselbe Karte mit der Fläche jedes Objekts. &lt;b&gt;Sicherheit&lt;/b&gt; sagt, wie sicher die Karte bei jedem Pixel ist.</translation>
    </message>
    <message>
      <source>Pixels without data stay without data. Outputs appear when they are whole; a job that is stopped leaves nothing behind.</source>
      <translation>Pixel ohne Daten bleiben ohne Daten. Ergebnisse erscheinen, wenn sie fertig sind; ein abgebrochener Lauf lässt nichts zurück.</translation>
    </message>
    <message>
      <source>Run “Check scene” first if you are not sure that an image suits the model, or how long it will take.</source>
      <translation>Starten Sie zuerst „Bild prüfen“, wenn Sie nicht sicher sind, ob ein Bild zum Modell passt oder wie lange es dauert.</translation>
    </message>
    <message>
      <source>Confidence</source>
      <translation>Sicherheit</translation>
    </message>
    <message>
      <source>land cover,land use,segmentation,deep learning,water,roads,buildings,vegetation,AI</source>
      <translation>Landbedeckung,Landnutzung,Segmentierung,Deep Learning,Wasser,Straßen,Gebäude,Vegetation,KI</translation>
    </message>
    <message>
      <source>Polygons</source>
      <translation>Polygone</translation>
    </message>
    <message>
      <source>Keep what is finished of a job that is stopped, and go on from it in the next run</source>
      <translation>Fertiges eines abgebrochenen Laufs behalten und beim nächsten Mal dort weitermachen</translation>
    </message>
    <message>
      <source>There is nothing to make: ask for the land cover, the polygons, or both.</source>
      <translation>Es gibt nichts zu tun: verlangen Sie die Landbedeckung, die Polygone oder beides.</translation>
    </message>
    <message>
      <source>The log shows the same job as a command, for a server. There, {} names the Python of the engine.</source>
      <translation>Das Protokoll zeigt denselben Auftrag als Befehl für einen Server. Dort nennt {} das Python der Engine.</translation>
    </message>
    <message>
      <source>{:.1f} megapixels in {:.1f} s on {}</source>
      <translation>{:.1f} Megapixel in {:.1f} s auf {}</translation>
    </message>
    <message>
      <source>Set up or check the engine</source>
      <translation>Engine einrichten oder prüfen</translation>
    </message>
    <message>
      <source>Engine</source>
      <translation>Engine</translation>
    </message>
    <message>
      <source>Installs, checks, repairs or removes the engine that computes the maps.</source>
      <translation>Installiert, prüft, repariert oder entfernt die Engine, die die Karten rechnet.</translation>
    </message>
    <message>
      <source>The maps are computed by the engine, in a Python of its own. The Python of QGIS is never touched.</source>
      <translation>Die Karten rechnet die Engine, in einem eigenen Python. Das Python von QGIS wird nie angerührt.</translation>
    </message>
    <message>
      <source>&lt;b&gt;Check&lt;/b&gt; maps a small made-up scene and tells versions and devices. &lt;b&gt;Repair&lt;/b&gt; makes the engine anew. &lt;b&gt;Remove&lt;/b&gt; deletes it.</source>
      <translation>&lt;b&gt;Prüfen&lt;/b&gt; kartiert ein kleines künstliches Bild und nennt Versionen und Geräte. &lt;b&gt;Reparieren&lt;/b&gt; macht die Engine neu. &lt;b&gt;Entfernen&lt;/b&gt; löscht sie.</translation>
    </message>
    <message>
      <source>install,GPU,offline,repair,torch</source>
      <translation>installieren,GPU,offline,reparieren,torch</translation>
    </message>
    <message>
      <source>What to do</source>
      <translation>Was zu tun ist</translation>
    </message>
    <message>
      <source>Folder of wheels, to install without a network</source>
      <translation>Ordner mit Wheels, um ohne Netz zu installieren</translation>
    </message>
    <message>
      <source>Package of the engine: its name, or a file</source>
      <translation>Paket der Engine: sein Name oder eine Datei</translation>
    </message>
    <message>
      <source>Address of another package index</source>
      <translation>Adresse eines anderen Paketverzeichnisses</translation>
    </message>
    <message>
      <source>Python 3.10 or newer to build upon (empty: found)</source>
      <translation>Python 3.10 oder neuer als Grundlage (leer: wird gesucht)</translation>
    </message>
    <message>
      <source>Version of the engine</source>
      <translation>Version der Engine</translation>
    </message>
    <message>
      <source>Python of the engine</source>
      <translation>Python der Engine</translation>
    </message>
    <message>
      <source>Device that maps are computed on</source>
      <translation>Gerät, auf dem Karten gerechnet werden</translation>
    </message>
    <message>
      <source>Self-test passed in {:.1f} s on {}</source>
      <translation>Selbsttest in {:.1f} s auf {} bestanden</translation>
    </message>
    <message>
      <source>&lt;b&gt;Set up&lt;/b&gt; downloads about {:.1f} GB and takes about {:.1f} GB on the disk, in {}. It may be run again, to update.</source>
      <translation>&lt;b&gt;Einrichten&lt;/b&gt; lädt etwa {:.1f} GB herunter und braucht etwa {:.1f} GB auf der Platte, in {}. Es darf wiederholt werden, um zu aktualisieren.</translation>
    </message>
    <message>
      <source>Without a network: copy a folder of wheels (made with {}) here and name it.</source>
      <translation>Ohne Netz: kopieren Sie einen Ordner mit Wheels (gemacht mit {}) hierher und nennen Sie ihn.</translation>
    </message>
    <message>
      <source>Whoever has an engine already names its Python in the Processing settings, or in the variable {}.</source>
      <translation>Wer schon eine Engine hat, nennt ihr Python in den Verarbeitungseinstellungen oder in der Variablen {}.</translation>
    </message>
    <message>
      <source>Check the engine</source>
      <translation>Die Engine prüfen</translation>
    </message>
    <message>
      <source>Set up or update the engine</source>
      <translation>Die Engine einrichten oder aktualisieren</translation>
    </message>
    <message>
      <source>Repair the engine: make it anew</source>
      <translation>Die Engine reparieren: neu machen</translation>
    </message>
    <message>
      <source>Remove the engine</source>
      <translation>Die Engine entfernen</translation>
    </message>
    <message>
      <source>Jobs will not use the engine that is set up here but {}, which {} names: name none there to use this one.</source>
      <translation>Aufträge nutzen nicht die Engine, die hier eingerichtet wird, sondern {}, was {} nennt: nennen Sie dort keines, um diese zu nutzen.</translation>
    </message>
    <message>
      <source>Device: {} ({}{})</source>
      <translation>Gerät: {} ({}{})</translation>
    </message>
    <message>
      <source>Model: {} ({})</source>
      <translation>Modell: {} ({})</translation>
    </message>
    <message>
      <source>{} It downloads about {:.1f} GB to {}.</source>
      <translation>{} Dabei werden etwa {:.1f} GB nach {} heruntergeladen.</translation>
    </message>
    <message>
      <source>Evaluate a map</source>
      <translation>Karte bewerten</translation>
    </message>
    <message>
      <source>Quality</source>
      <translation>Güte</translation>
    </message>
    <message>
      <source>Tells how often a map is right, class by class, and how much of each class there truly is.</source>
      <translation>Sagt, wie oft eine Karte recht hat, Klasse für Klasse, und wie viel es von jeder Klasse wirklich gibt.</translation>
    </message>
    <message>
      <source>What is true comes from &lt;b&gt;points&lt;/b&gt; that “Draw points to check a map” drew and you labelled, and then holds for the whole map within margins; or from polygons, or from another raster of classes.</source>
      <translation>Was wahr ist, kommt aus &lt;b&gt;Punkten&lt;/b&gt;, die „Prüfpunkte für eine Karte ziehen“ gezogen hat und die Sie benannt haben; die Antwort gilt dann mit Spannen für die ganze Karte. Oder es kommt aus Polygonen oder aus einem anderen Klassenraster.</translation>
    </message>
    <message>
      <source>Precision: how much of what the map calls by a name is that. Recall: how much of it the map finds. The true area corrects what the map's pixels add up to.</source>
      <translation>Genauigkeit: wie viel von dem, was die Karte so nennt, das auch ist. Trefferquote: wie viel davon die Karte findet. Die wahre Fläche berichtigt, was die Pixel der Karte zusammen ergeben.</translation>
    </message>
    <message>
      <source>accuracy,assessment,confusion matrix,validation,ground truth,IoU,area</source>
      <translation>Genauigkeit,Bewertung,Konfusionsmatrix,Validierung,Referenz,IoU,Fläche</translation>
    </message>
    <message>
      <source>Map: a raster of classes</source>
      <translation>Karte: ein Klassenraster</translation>
    </message>
    <message>
      <source>What is true: points, polygons, or a raster of classes</source>
      <translation>Was wahr ist: Punkte, Polygone oder ein Klassenraster</translation>
    </message>
    <message>
      <source>Field of points or polygons that holds the class</source>
      <translation>Feld der Punkte oder Polygone, das die Klasse enthält</translation>
    </message>
    <message>
      <source>Confidence of the map: is it right?</source>
      <translation>Sicherheit der Karte: stimmt sie?</translation>
    </message>
    <message>
      <source>Report</source>
      <translation>Bericht</translation>
    </message>
    <message>
      <source>Class file of a raster of what is true (empty: what it says itself)</source>
      <translation>Klassendatei zu einem Raster dessen, was stimmt (leer: was es selbst sagt)</translation>
    </message>
    <message>
      <source>Reference classes to leave out, with commas between (names with commas in quotes)</source>
      <translation>Auszulassende Klassen der Referenz, durch Kommas getrennt (Namen mit Kommas in Anführungszeichen "…")</translation>
    </message>
    <message>
      <source>Classes that do not count in means, with commas between (names with commas in quotes; empty: unknown)</source>
      <translation>Klassen, die in Mitteln nicht zählen, durch Kommas getrennt (Namen mit Kommas in Anführungszeichen "…"; leer: unknown)</translation>
    </message>
    <message>
      <source>Picture of the confusion</source>
      <translation>Bild der Verwechslungen</translation>
    </message>
    <message>
      <source>All numbers</source>
      <translation>Alle Zahlen</translation>
    </message>
    <message>
      <source>Share that is right</source>
      <translation>Anteil, der stimmt</translation>
    </message>
    <message>
      <source>Mean IoU</source>
      <translation>Mittlere IoU</translation>
    </message>
    <message>
      <source>Mean F1</source>
      <translation>Mittleres F1</translation>
    </message>
    <message>
      <source>{} cannot be written ({}): name another file.</source>
      <translation>{} lässt sich nicht schreiben ({}): nennen Sie eine andere Datei.</translation>
    </message>
    <message>
      <source>“{}” cannot be opened: choose points, polygons, or a raster.</source>
      <translation>„{}“ lässt sich nicht öffnen: wählen Sie Punkte, Polygone oder ein Raster.</translation>
    </message>
    <message>
      <source>A class file tells what a raster means, and “{}” is none: leave it out.</source>
      <translation>Eine Klassendatei sagt, was ein Raster bedeutet, und „{}“ ist keines: lassen Sie sie weg.</translation>
    </message>
    <message>
      <source>Import published weights</source>
      <translation>Veröffentlichte Gewichte importieren</translation>
    </message>
    <message>
      <source>Models</source>
      <translation>Modelle</translation>
    </message>
    <message>
      <source>Makes a model file of published GLNet checkpoints (.pth), for the parameter “Model”.</source>
      <translation>Macht aus veröffentlichten GLNet-Checkpoints (.pth) eine Modelldatei für den Parameter „Modell“.</translation>
    </message>
    <message>
      <source>Patch</source>
      <translation>Ausschnitt</translation>
    </message>
    <message>
      <source>Global view</source>
      <translation>Gesamtblick</translation>
    </message>
    <message>
      <source>Frame</source>
      <translation>Rahmen</translation>
    </message>
    <message>
      <source>GLNet,checkpoint,weights,pth,DeepGlobe,model</source>
      <translation>GLNet,Checkpoint,Gewichte,pth,DeepGlobe,Modell</translation>
    </message>
    <message>
      <source>Checkpoint of stage 1, global</source>
      <translation>Checkpoint der Stufe 1, global</translation>
    </message>
    <message>
      <source>Checkpoint of stage 2, global to local</source>
      <translation>Checkpoint der Stufe 2, global zu lokal</translation>
    </message>
    <message>
      <source>Checkpoint of stage 3, local to global</source>
      <translation>Checkpoint der Stufe 3, lokal zu global</translation>
    </message>
    <message>
      <source>Classes: deepglobe, or the path of a class file</source>
      <translation>Klassen: deepglobe oder der Pfad einer Klassendatei</translation>
    </message>
    <message>
      <source>Model file</source>
      <translation>Modelldatei</translation>
    </message>
    <message>
      <source>Models (*.safetensors)</source>
      <translation>Modelle (*.safetensors)</translation>
    </message>
    <message>
      <source>Features shared</source>
      <translation>Geteilte Merkmale</translation>
    </message>
    <message>
      <source>Trained before the published code dropped align_corners</source>
      <translation>Trainiert, bevor der veröffentlichte Code align_corners aufgab</translation>
    </message>
    <message>
      <source>Classes are {}, or a file such as {}: the first entry is the first channel of the network, its id the value in the map.</source>
      <translation>Klassen sind {} oder eine Datei wie {}: der erste Eintrag ist der erste Kanal des Netzes, seine id der Wert in der Karte.</translation>
    </message>
    <message>
      <source>{} (pixels)</source>
      <translation>{} (Pixel)</translation>
    </message>
    <message>
      <source>Checkpoints (*.pth *.pt);;All files (*)</source>
      <translation>Checkpoints (*.pth *.pt);;Alle Dateien (*)</translation>
    </message>
    <message>
      <source>Bands in the model's order, such as 3,2,1 or red,green,blue (empty: found by name or place)</source>
      <translation>Bänder in der Reihenfolge des Modells, etwa 3,2,1 oder red,green,blue (leer: nach Name oder Lage gefunden)</translation>
    </message>
    <message>
      <source>Compute on</source>
      <translation>Rechnen auf</translation>
    </message>
    <message>
      <source>Image</source>
      <translation>Bild</translation>
    </message>
    <message>
      <source>Bands in the model's order, such as red, green, blue (none: found by name or place)</source>
      <translation>Kanäle in der Reihenfolge des Modells, etwa Rot, Grün, Blau (keine: nach Name oder Platz gefunden)</translation>
    </message>
    <message>
      <source>Only within this extent</source>
      <translation>Nur in dieser Ausdehnung</translation>
    </message>
    <message>
      <source>Only within these polygons</source>
      <translation>Nur in diesen Polygonen</translation>
    </message>
    <message>
      <source>Value without data, instead of one that the image declares</source>
      <translation>Wert ohne Daten, anstelle dessen, den das Bild nennt</translation>
    </message>
    <message>
      <source>Values that become darkest and brightest, such as 0,3000 (empty: found)</source>
      <translation>Werte, die zum Dunkelsten und Hellsten werden, etwa 0,3000 (leer: gefunden)</translation>
    </message>
    <message>
      <source>Precision</source>
      <translation>Genauigkeit</translation>
    </message>
    <message>
      <source>Refuse jobs that need more memory than, such as 4GB</source>
      <translation>Läufe ablehnen, die mehr Speicher brauchen als, etwa 4GB</translation>
    </message>
    <message>
      <source>Use at most this much GPU memory, such as 2GB</source>
      <translation>Höchstens so viel GPU-Speicher benutzen, etwa 2GB</translation>
    </message>
    <message>
      <source>Compute exactly as the published code does (slow)</source>
      <translation>Genau so rechnen wie der veröffentlichte Code (langsam)</translation>
    </message>
    <message>
      <source>An extent and polygons are both given: choose one of them.</source>
      <translation>Eine Ausdehnung und Polygone sind beide angegeben: wählen Sie eines davon.</translation>
    </message>
    <message>
      <source>The confidence cannot be opened: choose another raster, or none.</source>
      <translation>Die Sicherheit lässt sich nicht öffnen: wählen Sie ein anderes Raster oder keines.</translation>
    </message>
    <message>
      <source>The layer of polygons cannot be opened: choose another.</source>
      <translation>Der Polygonlayer kann nicht geöffnet werden: wählen Sie einen anderen.</translation>
    </message>
    <message>
      <source>“{}” cannot be opened as an image: choose a raster layer or file.</source>
      <translation>„{}“ kann nicht als Bild geöffnet werden: wählen Sie einen Rasterlayer oder eine Datei.</translation>
    </message>
    <message>
      <source>“{}” needs outputs that the next run finds again: name files instead of temporary ones, or switch it off.</source>
      <translation>„{}“ braucht Ausgaben, die der nächste Lauf wiederfindet: nennen Sie Dateien statt temporärer, oder schalten Sie es aus.</translation>
    </message>
    <message>
      <source>“{}” is empty: choose another.</source>
      <translation>„{}“ ist leer: wählen Sie eine andere Ausdehnung.</translation>
    </message>
    <message>
      <source>Merge areas smaller than (m²) into a neighbour</source>
      <translation>Flächen kleiner als (m²) mit einem Nachbarn vereinen</translation>
    </message>
    <message>
      <source>Simplify borders by (m)</source>
      <translation>Grenzen vereinfachen um (m)</translation>
    </message>
    <message>
      <source>Smooth borders</source>
      <translation>Grenzen glätten</translation>
    </message>
    <message>
      <source>One feature for each class</source>
      <translation>Ein Objekt für jede Klasse</translation>
    </message>
    <message>
      <source>Pixels are one area where they share</source>
      <translation>Pixel gehören zusammen, wenn sie gemeinsam haben</translation>
    </message>
    <message>
      <source>Cut polygons with more corners than (0: never)</source>
      <translation>Polygone teilen mit mehr Ecken als (0: nie)</translation>
    </message>
    <message>
      <source>CRS of the polygons (empty: that of the image)</source>
      <translation>KBS der Polygone (leer: das des Bildes)</translation>
    </message>
    <message>
      <source>an edge</source>
      <translation>eine Kante</translation>
    </message>
    <message>
      <source>an edge or a corner</source>
      <translation>eine Kante oder eine Ecke</translation>
    </message>
    <message>
      <source>Options that only shape polygons are left out: no polygons are made.</source>
      <translation>Optionen, die nur Polygone formen, werden weggelassen: es entstehen keine Polygone.</translation>
    </message>
    <message>
      <source>Draw points to check a map</source>
      <translation>Prüfpunkte für eine Karte ziehen</translation>
    </message>
    <message>
      <source>Draws random points of each class of a map, for you to label and “Evaluate a map” to judge by.</source>
      <translation>Zieht zufällige Punkte jeder Klasse einer Karte, die Sie benennen und nach denen „Karte bewerten“ urteilt.</translation>
    </message>
    <message>
      <source>Show the image and not the map. Toggle editing, click a point with the identify tool, and choose the true class of the pixel in the middle of the cross from the list in the field &lt;b&gt;class&lt;/b&gt;. Leave out what you cannot tell.</source>
      <translation>Zeigen Sie das Bild und nicht die Karte. Schalten Sie das Bearbeiten ein, klicken Sie mit „Objekte abfragen“ auf einen Punkt und wählen Sie die wahre Klasse des Pixels in der Mitte des Kreuzes aus der Liste im Feld &lt;b&gt;class&lt;/b&gt;. Lassen Sie aus, was Sie nicht erkennen.</translation>
    </message>
    <message>
      <source>Label in the order of the points: the first hundred are as random as all, and only the margins are wider.</source>
      <translation>Benennen Sie in der Reihenfolge der Punkte: die ersten hundert sind so zufällig wie alle, nur die Spannen sind weiter.</translation>
    </message>
    <message>
      <source>accuracy,assessment,random points,stratified sample,ground truth</source>
      <translation>Genauigkeit,Bewertung,Zufallspunkte,geschichtete Stichprobe,Referenz</translation>
    </message>
    <message>
      <source>Points of each class</source>
      <translation>Punkte jeder Klasse</translation>
    </message>
    <message>
      <source>Points</source>
      <translation>Punkte</translation>
    </message>
    <message>
      <source>Seed of all randomness</source>
      <translation>Startwert allen Zufalls</translation>
    </message>
    <message>
      <source>The points need a GeoPackage, which holds their form: end its name with .gpkg.</source>
      <translation>Die Punkte brauchen ein GeoPackage, das ihr Formular enthält: lassen Sie seinen Namen auf .gpkg enden.</translation>
    </message>
    <message>
      <source>Points to check {}</source>
      <translation>Prüfpunkte für {}</translation>
    </message>
    <message>
      <source>“{}” holds points that are labelled, which new points would replace: go on with “Evaluate a map”, or name another file for new points.</source>
      <translation>„{}“ enthält benannte Punkte, die neue Punkte ersetzen würden: machen Sie mit „Karte bewerten“ weiter, oder nennen Sie eine andere Datei für neue Punkte.</translation>
    </message>
    <message>
      <source>{}: {} points</source>
      <translation>{}: {} Punkte</translation>
    </message>
    <message>
      <source>Train from polygons</source>
      <translation>Aus Polygonen lernen</translation>
    </message>
    <message>
      <source>Makes a model of your own from a few polygons that you draw on your images.</source>
      <translation>Macht aus wenigen Polygonen, die Sie auf Ihren Bildern zeichnen, ein eigenes Modell.</translation>
    </message>
    <message>
      <source>Draw about ten polygons of each class, in different corners of the images, each well inside what it shows, and about as much of each class as there is. What you leave blank teaches nothing. A field names the class; if the layer is styled by that field, the model takes your colours.</source>
      <translation>Zeichnen Sie etwa zehn Polygone jeder Klasse, in verschiedenen Ecken der Bilder, jedes gut innerhalb dessen, was es zeigt, und von jeder Klasse etwa so viel, wie es gibt. Was Sie leer lassen, lehrt nichts. Ein Feld nennt die Klasse; ist der Layer nach diesem Feld gestaltet, nimmt das Modell Ihre Farben.</translation>
    </message>
    <message>
      <source>Classes that are named as those of the model to begin with (water, bare land, road, building, vegetation) begin with what it knows; others begin from nothing.</source>
      <translation>Klassen, die so heißen wie die des Ausgangsmodells (water, bare land, road, building, vegetation), beginnen mit dem, was es weiß; andere beginnen bei null.</translation>
    </message>
    <message>
      <source>A fifth of the polygons is not learnt: the log tells how well the model does on them. Choose the model file as &lt;b&gt;Model&lt;/b&gt; in “Classify land cover”.</source>
      <translation>Ein Fünftel der Polygone wird nicht gelernt: das Protokoll sagt, wie gut das Modell auf ihnen ist. Wählen Sie die Modelldatei als &lt;b&gt;Modell&lt;/b&gt; in „Landbedeckung klassifizieren“.</translation>
    </message>
    <message>
      <source>The training brought nothing on these polygons: the model is the one it began with.</source>
      <translation>Das Training hat bei diesen Polygonen nichts gebracht: Das Modell ist das, mit dem es begann.</translation>
    </message>
    <message>
      <source>train,fine-tune,learn,samples,own classes,model,deep learning,AI</source>
      <translation>trainieren,anpassen,lernen,Beispiele,eigene Klassen,Modell,Deep Learning,KI</translation>
    </message>
    <message>
      <source>Polygons, each of one class</source>
      <translation>Polygone, jedes von einer Klasse</translation>
    </message>
    <message>
      <source>Field that names the class</source>
      <translation>Feld, das die Klasse nennt</translation>
    </message>
    <message>
      <source>Model to begin with</source>
      <translation>Ausgangsmodell</translation>
    </message>
    <message>
      <source>Minutes to learn; more is better</source>
      <translation>Minuten zu lernen; mehr ist besser</translation>
    </message>
    <message>
      <source>Names of images to judge the model on, or none to learn everything (empty: a fifth of the polygons)</source>
      <translation>Namen der Bilder, an denen das Modell gemessen wird, oder none, um alles zu lernen (leer: ein Fünftel der Polygone)</translation>
    </message>
    <message>
      <source>Balance: 0 sees classes as often as they are drawn, 1 all alike</source>
      <translation>Ausgleich: 0 sieht Klassen so oft, wie sie gezeichnet sind, 1 alle gleich oft</translation>
    </message>
    <message>
      <source>Epochs of every stage, instead of minutes</source>
      <translation>Epochen jeder Stufe, statt Minuten</translation>
    </message>
    <message>
      <source>Whom the model names for the data</source>
      <translation>Wen das Modell für die Daten nennt</translation>
    </message>
    <message>
      <source>Curves of the training</source>
      <translation>Kurven des Lernens</translation>
    </message>
    <message>
      <source>Mean IoU on polygons that were not learnt</source>
      <translation>Mittlere IoU auf Polygonen, die nicht gelernt wurden</translation>
    </message>
    <message>
      <source>The same before the training</source>
      <translation>Dasselbe vor dem Lernen</translation>
    </message>
    <message>
      <source>Log of the training</source>
      <translation>Protokoll des Lernens</translation>
    </message>
    <message>
      <source>A model file ends with .safetensors: name the output so.</source>
      <translation>Eine Modelldatei endet auf .safetensors: nennen Sie die Ausgabe so.</translation>
    </message>
    <message>
      <source>Mean IoU {:.3f}, accuracy {:.3f}</source>
      <translation>Mittlere IoU {:.3f}, richtig {:.3f}</translation>
    </message>
    <message>
      <source>Mean IoU before the training: {:.3f}</source>
      <translation>Mittlere IoU vor dem Lernen: {:.3f}</translation>
    </message>
    <message>
      <source>“{}” has no field “{}”: choose the one that names the class.</source>
      <translation>„{}“ hat kein Feld „{}“: wählen Sie das, das die Klasse nennt.</translation>
    </message>
    <message>
      <source>Vectorize classes</source>
      <translation>Klassen in Polygone umwandeln</translation>
    </message>
    <message>
      <source>Makes polygons of any raster of classes, without seams or gaps, in bounded memory.</source>
      <translation>Macht Polygone aus jedem Raster von Klassen, ohne Nähte und Lücken, mit begrenztem Speicher.</translation>
    </message>
    <message>
      <source>Every feature has the number and name of its class, and its true area on the ground. Borders that two polygons share stay shared when they are simplified; small areas are merged into a neighbour, not lost.</source>
      <translation>Jedes Objekt hat Nummer und Namen seiner Klasse und seine wahre Fläche am Boden. Gemeinsame Grenzen bleiben beim Vereinfachen gemeinsam; kleine Flächen werden mit einem Nachbarn vereint, nicht gelöscht.</translation>
    </message>
    <message>
      <source>polygonize,land cover,raster to vector,simplify,sieve</source>
      <translation>polygonisieren,Landbedeckung,Raster zu Vektor,vereinfachen,filtern</translation>
    </message>
    <message>
      <source>Raster of classes</source>
      <translation>Raster von Klassen</translation>
    </message>
    <message>
      <source>Band</source>
      <translation>Kanal</translation>
    </message>
    <message>
      <source>File of class names and colours (empty: those in the raster)</source>
      <translation>Datei mit Namen und Farben der Klassen (leer: die im Raster)</translation>
    </message>
    <message>
      <source>Confidence of the classes, for every polygon to tell</source>
      <translation>Sicherheit der Klassen, die jedes Polygon dann angibt</translation>
    </message>
    <message>
      <source>Polygons of {}</source>
      <translation>Polygone von {}</translation>
    </message>
    <message>
      <source>update or repair it with “Set up or check the engine”</source>
      <translation>aktualisieren oder reparieren Sie sie mit „Engine einrichten oder prüfen“</translation>
    </message>
    <message>
      <source>The engine that computes the maps is not there yet: run “Set up or check the engine” in the toolbox once.</source>
      <translation>Die Engine, die die Karten rechnet, fehlt noch: starten Sie einmal „Engine einrichten oder prüfen“ in den Werkzeugen.</translation>
    </message>
    <message>
      <source>the parameter</source>
      <translation>der Parameter</translation>
    </message>
    <message>
      <source>the Processing setting “Python of the engine”</source>
      <translation>die Verarbeitungseinstellung „Python der Engine“</translation>
    </message>
    <message>
      <source>The engine of {} is older than this plugin: {}.</source>
      <translation>Die Engine von {} ist älter als diese Erweiterung: {}.</translation>
    </message>
    <message>
      <source>The engine of {} does not answer ({}): {}.</source>
      <translation>Die Engine von {} antwortet nicht ({}): {}.</translation>
    </message>
    <message>
      <source>it said nothing</source>
      <translation>sie sagte nichts</translation>
    </message>
    <message>
      <source>Stopped: nothing was written.</source>
      <translation>Abgebrochen: nichts wurde geschrieben.</translation>
    </message>
    <message>
      <source>The Python {} has no glnet_geo: {}.</source>
      <translation>Das Python {} hat kein glnet_geo: {}.</translation>
    </message>
    <message>
      <source>install glnet_geo anew in the Python that {} names, or name none there and run “Set up or check the engine”</source>
      <translation>installieren Sie glnet_geo neu in dem Python, das {} nennt, oder nennen Sie dort keines und starten Sie „Engine einrichten oder prüfen“</translation>
    </message>
    <message>
      <source>the environment variable {}</source>
      <translation>die Umgebungsvariable {}</translation>
    </message>
    <message>
      <source>The engine did not answer in time: try again, or {}.</source>
      <translation>Die Engine hat nicht rechtzeitig geantwortet: versuchen Sie es noch einmal, oder {}.</translation>
    </message>
    <message>
      <source>The engine {} is newer than this plugin: update the plugin in the plugin manager.</source>
      <translation>Die Engine {} ist neuer als diese Erweiterung: aktualisieren Sie die Erweiterung in der Erweiterungsverwaltung.</translation>
    </message>
    <message>
      <source>There is no Python at {}, which {} names: correct it, or leave it empty.</source>
      <translation>Es gibt kein Python unter {}, was {} nennt: berichtigen Sie es, oder lassen Sie es leer.</translation>
    </message>
    <message>
      <source>{} cannot be started ({}): {}.</source>
      <translation>{} kann nicht gestartet werden ({}): {}.</translation>
    </message>
    <message>
      <source>Testing the engine</source>
      <translation>Die Engine wird geprüft</translation>
    </message>
    <message>
      <source>No Python 3.10 or newer that can make environments was found: install one (on Debian and Ubuntu the package python3-venv, on Windows from the Store), or name it as “Python to build upon”.</source>
      <translation>Es wurde kein Python 3.10 oder neuer gefunden, das Umgebungen machen kann: installieren Sie eines (unter Debian und Ubuntu das Paket python3-venv, unter Windows aus dem Store), oder nennen Sie es als Grundlage.</translation>
    </message>
    <message>
      <source>Stopped: nothing was installed.</source>
      <translation>Abgebrochen: nichts wurde installiert.</translation>
    </message>
    <message>
      <source>The package index has no {} for this computer and its Python: name the file of the engine (a wheel) as “Package of the engine”, or another Python to build upon.</source>
      <translation>Der Paketindex hat kein {} für diesen Rechner und sein Python: nennen Sie die Datei der Engine (ein Wheel) als „Paket der Engine“, oder ein anderes Python als Grundlage.</translation>
    </message>
    <message>
      <source>The engine was removed from {}.</source>
      <translation>Die Engine wurde aus {} entfernt.</translation>
    </message>
    <message>
      <source>Installing into {}: about {:.1f} GB to download, {:.1f} GB on the disk.</source>
      <translation>Installiert nach {}: etwa {:.1f} GB herunterzuladen, {:.1f} GB auf der Platte.</translation>
    </message>
    <message>
      <source>{} has no wheel of {} for this computer and its Python: fill it with those of pip wheel {} -w wheels, on a computer of the same kind.</source>
      <translation>{} hat kein Wheel von {} für diesen Rechner und sein Python: füllen Sie den Ordner mit denen von pip wheel {} -w wheels, auf einem Rechner derselben Art.</translation>
    </message>
    <message>
      <source>There is no engine in {}.</source>
      <translation>In {} ist keine Engine.</translation>
    </message>
    <message>
      <source>{} could not be removed: end the jobs that use it, and try again.</source>
      <translation>{} konnte nicht entfernt werden: beenden Sie Läufe, die es benutzen, und versuchen Sie es noch einmal.</translation>
    </message>
    <message>
      <source>{} holds no wheels: fill it with those of pip wheel {} -w wheels, on a computer of the same kind.</source>
      <translation>{} enthält keine Wheels: füllen Sie den Ordner mit denen von pip wheel {} -w wheels, auf einem Rechner derselben Art.</translation>
    </message>
    <message>
      <source>The disk of {} has {:.1f} GB free and {:.1f} GB are needed: free some space.</source>
      <translation>Auf der Platte von {} sind {:.1f} GB frei, und {:.1f} GB werden gebraucht: schaffen Sie Platz.</translation>
    </message>
    <message>
      <source>The engine could not be installed ({}): check the network and the proxy in the options of QGIS, or install from a folder of wheels.</source>
      <translation>Die Engine konnte nicht installiert werden ({}): prüfen Sie das Netz und den Proxy in den Optionen von QGIS, oder installieren Sie aus einem Ordner mit Wheels.</translation>
    </message>
    <message>
      <source>{} cannot be written ({}): free some space, end the jobs that use it, or give yourself the right to write there.</source>
      <translation>{} kann nicht geschrieben werden ({}): schaffen Sie Platz, beenden Sie die Aufträge, die es nutzen, oder geben Sie sich das Recht, dort zu schreiben.</translation>
    </message>
    <message>
      <source>{} is no Python 3.10 or newer that can make environments: name another, or none.</source>
      <translation>{} ist kein Python 3.10 oder neuer, das Umgebungen machen kann: nennen Sie ein anderes oder keines.</translation>
    </message>
    <message>
      <source>{} cannot be started ({}).</source>
      <translation>{} kann nicht gestartet werden ({}).</translation>
    </message>
    <message>
      <source>classifying</source>
      <translation>klassifizieren</translation>
    </message>
    <message>
      <source>comparing</source>
      <translation>vergleichen</translation>
    </message>
    <message>
      <source>counting</source>
      <translation>zählen</translation>
    </message>
    <message>
      <source>drawing</source>
      <translation>zeichnen</translation>
    </message>
    <message>
      <source>looking at the images</source>
      <translation>Bilder ansehen</translation>
    </message>
    <message>
      <source>writing</source>
      <translation>schreiben</translation>
    </message>
    <message>
      <source>The same job in a terminal, or on a server:</source>
      <translation>Derselbe Auftrag in einem Terminal oder auf einem Server:</translation>
    </message>
    <message>
      <source>The engine ran out of memory: close other programs, map a part with the area of interest, or choose a model with a smaller frame.</source>
      <translation>Der Engine ging der Speicher aus: schließen Sie andere Programme, kartieren Sie nur einen Teil, oder wählen Sie ein Modell mit kleinerem Rahmen.</translation>
    </message>
    <message>
      <source>Stopped: what is finished is kept, and the same job goes on from it.</source>
      <translation>Angehalten: was fertig ist, bleibt, und derselbe Auftrag macht damit weiter.</translation>
    </message>
    <message>
      <source>The engine died (signal {}): run “Set up or check the engine”, which tests it; if it fails, {}.</source>
      <translation>Die Engine ist gestorben (Signal {}): starten Sie „Engine einrichten oder prüfen“, das sie prüft; versagt sie, {}.</translation>
    </message>
    <message>
      <source>The engine {} is too old for this ({}): {}.</source>
      <translation>Die Engine {} ist dafür zu alt ({}): {}.</translation>
    </message>
    <message>
      <source>The engine stopped without a reason (exit code {}): run it again.</source>
      <translation>Die Engine hörte ohne Grund auf (Exit-Code {}): starten Sie sie noch einmal.</translation>
    </message>
    <message>
      <source>stage {} of {}</source>
      <translation>Stufe {} von {}</translation>
    </message>
    <message>
      <source>{part}: {percent} %, about {seconds} s left</source>
      <translation>{part}: {percent} %, noch etwa {seconds} s</translation>
    </message>
    <message>
      <source>The engine cannot be started ({}): {}.</source>
      <translation>Die Engine kann nicht gestartet werden ({}): {}.</translation>
    </message>
    <message>
      <source>“{}” has no polygon with a class in its field “{}”: draw some.</source>
      <translation>„{}“ hat kein Polygon mit einer Klasse im Feld „{}“: zeichnen Sie welche.</translation>
    </message>
    <message>
      <source>{} lies in {}, which a training empties: save it elsewhere, or name another model.</source>
      <translation>{} liegt in {}, und ein Training leert diesen Ordner: speichern Sie die Datei anderswo, oder nennen Sie ein anderes Modell.</translation>
    </message>
    <message>
      <source>{} cannot be written ({}): name the model in another folder.</source>
      <translation>{} lässt sich nicht schreiben ({}): legen Sie das Modell in einen anderen Ordner.</translation>
    </message>
    <message>
      <source>Choose a model file</source>
      <translation>Eine Modelldatei wählen</translation>
    </message>
    <message>
      <source>“{}”</source>
      <translation>„{}“</translation>
    </message>
    <message>
      <source>Python of the engine (empty for the one that “Set up or check the engine” makes)</source>
      <translation>Python der Engine (leer: das, das „Engine einrichten oder prüfen“ macht)</translation>
    </message>
    <message>
      <source>The engine is being set up already, maybe by another QGIS: wait for its end.</source>
      <translation>Die Engine wird schon eingerichtet, vielleicht von einem anderen QGIS: warten Sie, bis das fertig ist.</translation>
    </message>
    <message>
      <source>{} The engine that was there is as it was.</source>
      <translation>{} Die Engine, die da war, ist, wie sie war.</translation>
    </message>
    <message>
      <source>class</source>
      <translation>Klasse</translation>
    </message>
    <message>
      <source>precision</source>
      <translation>Genauigkeit</translation>
    </message>
    <message>
      <source>recall</source>
      <translation>Trefferquote</translation>
    </message>
    <message>
      <source>pixels</source>
      <translation>Pixel</translation>
    </message>
    <message>
      <source>How good is {}?</source>
      <translation>Wie gut ist {}?</translation>
    </message>
    <message>
      <source>Right: {:.1%} of {:,} pixels.</source>
      <translation>Richtig: {:.1%} von {:,} Pixeln.</translation>
    </message>
    <message>
      <source>Right: {} of the map, as {} random points tell.</source>
      <translation>Richtig: {} der Karte, wie {} zufällige Punkte sagen.</translation>
    </message>
    <message>
      <source>Mean IoU {:.3f}, mean F1 {:.3f}.</source>
      <translation>Mittlere IoU {:.3f}, mittleres F1 {:.3f}.</translation>
    </message>
    <message>
      <source>Expected calibration error {:.3f}: the confidence is off by {:.0f} points on average.</source>
      <translation>Erwarteter Kalibrierfehler {:.3f}: die Sicherheit liegt im Mittel um {:.0f} Punkte daneben.</translation>
    </message>
    <message>
      <source>mapped ({})</source>
      <translation>kartiert ({})</translation>
    </message>
    <message>
      <source>true area ({})</source>
      <translation>wahre Fläche ({})</translation>
    </message>
    <message>
      <source>“{}” comes from a map service ({}), which sends pictures and not the image itself: save it as a GeoTIFF first (layer menu, Export, Save As).</source>
      <translation>„{}“ kommt von einem Kartendienst ({}), der Abbildungen sendet und nicht das Bild selbst: speichern Sie es zuerst als GeoTIFF (Layermenü, Export, Speichern als).</translation>
    </message>
    <message>
      <source>“{}” is computed or stored by QGIS ({}) and is no file: save it as a GeoTIFF first (layer menu, Export, Save As).</source>
      <translation>„{}“ wird von QGIS berechnet oder verwahrt ({}) und ist keine Datei: speichern Sie es zuerst als GeoTIFF (Layermenü, Export, Speichern als).</translation>
    </message>
    <message>
      <source>“{}” lies in the memory of QGIS: save it as a GeoTIFF first (layer menu, Export, Save As).</source>
      <translation>„{}“ liegt im Speicher von QGIS: speichern Sie es zuerst als GeoTIFF (Layermenü, Export, Speichern als).</translation>
    </message>
    <message>
      <source>“{}” is opened with options ({}): save it as a GeoTIFF first (layer menu, Export, Save As).</source>
      <translation>„{}“ wird mit Optionen geöffnet ({}): speichern Sie es zuerst als GeoTIFF (Layermenü, Export, Speichern als).</translation>
    </message>
    <message>
      <source>“{}” was given the CRS {} in QGIS, and its file says otherwise: save it as a GeoTIFF first (layer menu, Export, Save As).</source>
      <translation>„{}“ hat in QGIS das KBS {} bekommen, und in der Datei steht etwas anderes: speichern Sie den Layer erst als GeoTIFF (Layermenü, Export, Speichern als).</translation>
    </message>
    <message>
      <source>“{}” could not be written as a temporary file ({}): free some space on the disk, or save the layer as a GeoPackage and choose that.</source>
      <translation>„{}“ ließ sich nicht als temporäre Datei schreiben ({}): schaffen Sie Platz auf der Platte, oder speichern Sie den Layer als GeoPackage und wählen Sie dieses.</translation>
    </message>
    <message>
      <source>“{}” holds no polygon: choose another area of interest.</source>
      <translation>„{}“ enthält kein Polygon: wählen Sie ein anderes Gebiet.</translation>
    </message>
  </context>
</TS>
