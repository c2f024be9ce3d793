using System.Collections.Frozen;

namespace AiMesh.ServiceDefaults.Anonymisation;

/// <summary>
/// Names of persons: capitalised words behind a title or an introduction ("Dr. Ada Lovelace", "my name is Ada"), or behind a given name that is common
/// ("Maria Schmidt").
/// </summary>
internal static class NameScanner
{
    private const int MaxWords = 4;

    private static readonly FrozenSet<string> Titles = Set(
        "mr mrs ms miss mx dr prof professor sir madam herr frau fräulein hr fr monsieur madame mademoiselle mme mlle señor señora señorita sr sra srta signor signora sig dott dottore dhr mevr");

    private static readonly FrozenSet<string> Introductions = Set("am named called bin heiße heisse appelle llamo chiamo signed contact patient customer kunde kundin");

    private static readonly FrozenSet<string> Particles = Set("van von der den de del della di da dos du la le bin ibn al el ter ten zu");

    private static readonly FrozenSet<string> GivenNames = Set(
        """
        aaron abdul adam adrian ahmed aisha alan albert alejandro alessandro alex alexander alexandra ali alice amanda amara amelia amir amy ana andrea andreas andrew angela
        anita anke ann anna anne annette anthony antonio arjun arthur ashley astrid barbara beatrice ben benjamin bernd bernard bianca birgit björn brian bruno camille carl carla carlos
        carmen caroline catherine charles charlotte chiara chloé christian christina christine christoph christopher claire clara claudia daniel daniela david deborah deepak denise
        diana diego dieter dmitri dominique donald dorothy edward elena elias elisabeth elizabeth ella emily emma enrique eric erik erika ethan eva evelyn fatima felix fernando
        florian francesca francesco francisco frank franz françois gabriel gabriela george gerhard giovanni giulia grace greta gustav hanna hannah hans harald harry hassan heather heike heinz
        helen helena helga henrik henry hugo ibrahim ines ingrid irene isabel isabella ivan jack jacob jacques james jan jane javier jean jennifer jens jessica joan joanna johan
        johannes john jonas jonathan jorge josé josef joseph joshua juan judith julia julian julie jürgen karen karin karl katarina kate katharina kathleen katja keith kenneth kevin klaus kristina
        kwame lara lars laura lauren lea leila leïla lena leo leon leonardo linda lisa lorenzo louis louise luca lucas lucia luis lukas magdalena manuel marc marco marcus margaret maria marie marina
        mario markus marta martha martin mary mateo matteo matthew matthias max mehmet mei melissa michael michaela michelle miguel mila mohammed mohamed monica monika muhammad nadia nancy natalia natalie nathan
        nicholas nicolas nicole nikolai nina noah nora norbert olga oliver olivia oscar otto pablo pamela patricia patrick paul paula pedro peter petra philip philipp pierre pietro priya
        rachel rafael rahul rainer ralf raúl rebecca renate ricardo richard robert roberto roland ronald rosa rosemarie ruth ryan sabine samir samuel sandra sara sarah sebastian sergei sharon silvia
        simon simone sofia sophia sophie stefan stefanie stella stephan stephanie stephen steven susan susanne sven svetlana sylvia tanja tatiana teresa theodor thomas tim timothy tobias tomás
        ulrich ulrike ursula uwe valentina vera veronica victor viktor victoria vincent virginia vladimir walter werner wilhelm william wolfgang xavier yuki yusuf yvonne zoe
        """);

    public static void Find(string text, Findings found)
    {
        var words = Word.AllOf(text);
        for (var i = 0; i < words.Count; i++)
        {
            var word = words[i];
            if (found.IsTaken(word.Start)) continue;
            if (Has(Titles, word.In(text)) || Has(Introductions, word.In(text)))
            {
                var isTitle = Has(Titles, word.In(text)) && word.IsCapital;
                var first = i + 1;
                while (isTitle && first < words.Count && words[first - 1].Precedes(words[first], text) && Has(Titles, words[first].In(text))) first++;
                var isName = first < words.Count && words[first - 1].Precedes(words[first], text) && words[first].IsCapital && (isTitle || Has(GivenNames, words[first].In(text)));

                // No title of a row of titles leads to more than the first of them.
                i = isName ? Take(text, words, first, found) : first - 1;
            }
            else if (word.IsCapital && Has(GivenNames, word.In(text)) && i + 1 < words.Count && Follows(text, words, i))
            {
                i = Take(text, words, i, found);
            }
        }
    }

    // A given name alone may be a month or a town.
    private static bool Follows(string text, List<Word> words, int i)
    {
        var next = i + 1;
        while (next < words.Count && next - i < 3 && words[next - 1].Precedes(words[next], text) && Has(Particles, words[next].In(text))) next++;
        return next < words.Count && words[next - 1].Precedes(words[next], text) && words[next].IsCapital && !found(text, words[next]);

        // "Maria I" goes no further than the pronoun.
        static bool found(string text, Word word) => word.Length == 1 && text[word.Start] == 'I';
    }

    private static int Take(string text, List<Word> words, int first, Findings found)
    {
        var last = first;
        for (var next = first + 1; next < words.Count && next - first < MaxWords && words[next - 1].Precedes(words[next], text); next++)
        {
            if (words[next].IsCapital && !EndsSentence(text, words[next - 1], words[next])) last = next;
            else if (!Has(Particles, words[next].In(text))) break;
        }

        found.Add(words[first].Start, words[last].End, PersonalKind.Name);
        return last;
    }

    // "J. Smith" goes on, "Smith. The" does not.
    private static bool EndsSentence(string text, Word word, Word next) => word.Length > 1 && text.AsSpan(word.End, next.Start - word.End).Contains('.');

    private static FrozenSet<string> Set(string words) => words.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private static bool Has(FrozenSet<string> set, ReadOnlySpan<char> word) => set.GetAlternateLookup<ReadOnlySpan<char>>().Contains(word);
}
