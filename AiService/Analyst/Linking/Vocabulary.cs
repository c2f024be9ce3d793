using System.Collections.Frozen;

namespace AiMesh.AiService.Analyst.Linking;

/// <summary>Words and phrases with a role, in folded form.</summary>
internal static class Vocabulary
{
    private static readonly (Role Role, string Phrases)[] Source =
    [
        (Role.Filler,
            "a an the please kindly can could would will you me us i we my our your tell give want need like would-love know find get see hi hello hey " +
            "thanks thank there here this that these those it its they them their he she his her him be been being do does did done just " +
            "only also too so then very really quite currently now still already ever at with for within on into as among amongst amount " +
            "overall altogether all any some such both value values question answer think believe make made makes making s re let " +
            "lets show-me according based using dataset database data table information info detail details actual given go goes going went " +
            "come came comes come-out came-out comes-out looking look up-to-date wondering wonder curious if whether out anyone someone anything something one's various " +
            "different-kinds named called titled kind-of sort-of own take takes took put call say says said use used available present exist exists " +
            "existing recorded listed known registered appear appears contained contain contains include includes included including " +
            "covered cover covers represented were-there quick quickly simply need-to have-to across-all over-all in-all in-the-data " +
            "in-this-data in-the-dataset in-this-dataset is-it are-they ok okay well but whose tagged marked classified labelled labeled categorised categorized tied belonging belong belongs " +
            "much many done-by am being-made today's number-wise total-of each-of-them"),
        (Role.Unsupported,
            "correlation correlate correlated predict prediction forecast trend trends trending variance deviation stdev percentile quartile " +
            "regression cluster outlier outliers why because should recommend recommendation suggest advise growth grew grow increase increased " +
            "decrease decreased change changed difference differ ratio versus vs compare compared comparison relationship cause caused " +
            "probability likelihood likely expect translate write rewrite code delete update insert drop create"),
        (Role.Count, "how-many count number-of number counting tally quantity-of amount-of-rows how-often"),
        (Role.Sum, "total sum combined cumulative aggregate summed totals add-up in-sum in-total together"),
        (Role.Average, "average mean avg averages on-average typical averaged"),
        (Role.Median, "median"),
        (Role.Percent, "percentage percent share proportion fraction what-percentage"),
        (Role.Distinct, "distinct different unique separate"),
        (Role.Describe, "summarise summarize summary overview describe description-of outline gist tell-about key-points main-points digest recap"),
        (Role.Highest, "highest most maximum max greatest peak top-most higher greater"),
        (Role.Lowest, "lowest least minimum min fewest lower fewer"),
        (Role.Top, "top"),
        (Role.Bottom, "bottom"),
        (Role.Common, "most-common most-frequent most-often commonest most-frequently most-represented mode prevalent most-prevalent"),
        (Role.Rare, "least-common least-frequent rarest least-often"),
        (Role.Per, "per for-each in-each each every grouped-by group-by broken-down-by split-by breakdown-by by-each across for-every in-every of-each within-each broken-down-per breakdown-per"),
        (Role.By, "by according-to in-terms-of ranked-by in-order-of ordered-by sorted-by order-by sort-by"),
        (Role.Sort, "sorted ordered ranked sort order rank"),
        (Role.Ascending, "ascending asc increasing low-to-high lowest-first"),
        (Role.Descending, "descending desc decreasing high-to-low highest-first"),
        (Role.Which, "which"),
        (Role.What, "what what-s whats how-much how how-do how-does"),
        (Role.Who, "who whom who-s"),
        (Role.When, "when what-date which-date what-year which-year on-what-date on-which-date in-what-year in-which-year"),
        (Role.Where, "where"),
        (Role.List, "list show name enumerate display print return report names-of all-the identify mention"),
        (Role.Is, "is are was were isn arent isnt wasnt"),
        (Role.Exists, "is-there are-there do-we-have do-you-have does-any are-any is-any was-there were-there does-anyone did-any do-any have-any has-any"),
        (Role.Have, "has have had having got with-a with-an have-a has-a have-an has-an that-have that-has who-have who-has which-have which-has"),
        (Role.Without, "without lacking lack lacks missing no empty null blank unknown have-no has-no with-no unspecified havent hasnt dont-have doesnt-have do-not-have does-not-have not-have have-not has-not"),
        (Role.Not, "not != except excluding exclude other-than besides non isnt-a arent aside-from apart-from but-not are-not is-not was-not were-not didnt did-not do-not does-not dont doesnt"),
        (Role.And, "and as-well-as plus"),
        (Role.Or, "or either"),
        (Role.Between, "between ranging-from in-the-range"),
        (Role.From, "from"),
        (Role.To, "to through till -"),
        (Role.More, "over above more-than greater-than higher-than exceeding exceed exceeds exceeded beyond > in-excess-of surpassing more"),
        (Role.Less, "under below less-than fewer-than lower-than < less"),
        (Role.AtLeast, "at-least no-less-than not-less-than minimum-of >= no-fewer-than not-below not-under a-minimum-of"),
        (Role.AtMost, "at-most no-more-than not-more-than up-to maximum-of <= not-exceeding not-above not-over a-maximum-of"),
        (Role.OrMore, "or-more and-above or-above or-higher or-over or-greater and-up or-better and-over and-more or-longer or-later and-later onwards and-onwards onward on-wards and-after or-after"),
        (Role.OrLess, "or-less and-below or-below or-lower or-under or-fewer and-less or-shorter or-earlier and-earlier and-before or-before"),
        (Role.Exactly, "exactly equal-to equals equal = precisely"),
        (Role.Than, "than"),
        (Role.Since, "since"),
        (Role.Before, "before prior-to earlier-than"),
        (Role.After, "after later-than following newer-than more-recent-than"),
        (Role.Until, "until by-the-end-of up-until"),
        (Role.In, "in during throughout in-the"),
        (Role.Of, "of"),
        (Role.About, "about regarding concerning mentioning mention-of mentions related-to relating-to containing tell-me-about know-about"),
        (Role.Last, "in-the-last in-the-past during-the-last during-the-past over-the-last over-the-past within-the-last within-the-past last past"),
        (Role.Period, "year years month months decade decades annually yearly monthly"),
        (Role.Row, "row rows record records item items entry entries one ones thing things result results line lines case cases example examples"),
        (Role.Unit, "usd dollar dollars eur euro euros gbp pounds minute minutes min mins hour hours hrs day days week weeks degrees celsius percent points million millions billion thousand stars"),
    ];

    private static readonly FrozenDictionary<string, Role> Roles = Build();

    /// <summary>Most words in one phrase.</summary>
    public static int LongestPhrase { get; } = Roles.Keys.Max(phrase => phrase.Count(c => c == ' ') + 1);

    /// <summary>Role of a word, or of words joined by one space.</summary>
    public static bool TryGet(string phrase, out Role role) => Roles.TryGetValue(phrase, out role);

    private static FrozenDictionary<string, Role> Build()
    {
        var roles = new Dictionary<string, Role>(StringComparer.Ordinal);
        foreach (var (role, phrases) in Source)
        {
            foreach (var phrase in phrases.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                roles.TryAdd(phrase.Length > 1 ? phrase.Replace('-', ' ') : phrase, role);
            }
        }

        return roles.ToFrozenDictionary(StringComparer.Ordinal);
    }
}
