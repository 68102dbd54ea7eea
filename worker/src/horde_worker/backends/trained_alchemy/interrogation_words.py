"""The words that `interrogation` chooses from, by list: our own."""

from __future__ import annotations

from typing import Final


def _words(text: str) -> tuple[str, ...]:
    """Lists of words read best as text."""
    return tuple(text.split(","))


WORDS: Final[dict[str, tuple[str, ...]]] = {
    "tags": _words(
        "person,woman,man,child,crowd,portrait,face,hand,animal,dog,cat,horse,bird,fish,insect,dragon,robot,car,"
        "bicycle,train,aeroplane,boat,ship,rocket,house,castle,tower,bridge,street,city,village,ruins,church,"
        "mountain,forest,tree,flower,meadow,desert,beach,sea,lake,river,waterfall,sky,clouds,rain,snow,storm,fog,"
        "sunrise,sunset,night,moon,stars,galaxy,planet,fire,smoke,food,fruit,bread,cup,table,chair,room,kitchen,"
        "book,letter,map,clock,lamp,window,door,sword,armour,crown,mask,dress,uniform,hat,glasses,music,dance,"
        "sport,machine,computer,toy,statue,logo,text,pattern,abstract shapes"
    ),
    "sites": _words(
        "ArtStation,Behance,DeviantArt,Dribbble,Flickr,Instagram,Pinterest,Pixiv,Reddit,Tumblr,Unsplash,"
        "Wikimedia Commons,a museum's catalogue,a stock photo agency,a newspaper,a family album,a textbook,"
        "a video game,a film still"
    ),
    "artists": _words(
        "Albrecht Dürer,Alphonse Mucha,Aubrey Beardsley,Berthe Morisot,Caravaggio,Caspar David Friedrich,"
        "Claude Monet,Diego Velázquez,Edgar Degas,Edvard Munch,Egon Schiele,El Greco,Franz Marc,Francisco Goya,"
        "Georges Seurat,Gustav Klimt,Gustave Doré,Henri de Toulouse-Lautrec,Henri Rousseau,Hieronymus Bosch,"
        "Hilma af Klint,Hokusai,Utagawa Hiroshige,Ivan Aivazovsky,Ivan Shishkin,Jan van Eyck,Johannes Vermeer,"
        "John Constable,John Singer Sargent,Katsukawa Shunshō,Leonardo da Vinci,Mary Cassatt,Michelangelo,"
        "Odilon Redon,Paul Cézanne,Paul Gauguin,Paul Klee,Peter Paul Rubens,Pieter Bruegel,Raphael,Rembrandt,"
        "Sandro Botticelli,Titian,Vincent van Gogh,Wassily Kandinsky,William Blake,William Turner,Winslow Homer"
    ),
    "flavors": _words(
        "bright colours,muted colours,black and white,sepia,pastel colours,neon colours,high contrast,soft light,"
        "hard light,back light,golden hour,candle light,moonlight,low key,high key,shallow depth of field,"
        "everything in focus,motion blur,long exposure,close-up,wide angle,bird's-eye view,worm's-eye view,"
        "symmetry,rule of thirds,empty background,crowded scene,highly detailed,minimal,sketchy,polished,rough,"
        "glossy,matte,grainy,dreamlike,gloomy,cheerful,calm,dramatic,mysterious,nostalgic,futuristic,medieval,"
        "romantic,funny,creepy"
    ),
    "mediums": _words(
        "a photograph,a digital painting,a 3D render,a pencil drawing,an ink drawing,a charcoal drawing,"
        "a crayon drawing,a watercolour,a gouache painting,an oil painting,an acrylic painting,a pastel,a fresco,"
        "a mosaic,a stained glass window,a woodcut,a linocut,an etching,a lithograph,a screen print,a poster,"
        "a comic,a cartoon,an anime screenshot,pixel art,vector graphics,a collage,graffiti,an icon,a tapestry,"
        "embroidery,a sculpture,a relief,origami,a clay model,a screenshot,a diagram,a map"
    ),
    "movements": _words(
        "abstract art,art deco,art nouveau,baroque,bauhaus,byzantine art,classicism,constructivism,cubism,dada,"
        "expressionism,fauvism,folk art,futurism,gothic art,hyperrealism,impressionism,mannerism,medieval art,"
        "minimalism,modernism,naïve art,neoclassicism,op art,pointillism,pop art,post-impressionism,"
        "pre-Raphaelites,psychedelic art,realism,renaissance,rococo,romanticism,suprematism,surrealism,symbolism,"
        "ukiyo-e,cyberpunk,steampunk,vaporwave,fantasy art,science fiction art"
    ),
    "techniques": _words(
        "alla prima,glazing,impasto,dry brush,wet on wet,sfumato,chiaroscuro,grisaille,hatching,cross-hatching,"
        "stippling,sgraffito,gold leaf,airbrush,spray paint,palette knife,line art,flat shading,cel shading,"
        "ray tracing,low poly,double exposure,cyanotype,infrared photography,macro photography,tilt-shift,"
        "high dynamic range,photomontage,stencil,silhouette,trompe-l'œil,isometric projection,marbling,batik"
    ),
}
"""Artists: those dead for more than seventy years, whose works belong to everybody."""
