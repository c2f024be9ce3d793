namespace AiMesh.AiService.Analyst.Text;

internal enum WordKind
{
    /// <summary>Letters, or letters and digits.</summary>
    Letters,

    Number,

    /// <summary>An ISO date such as 2005-03-01.</summary>
    Date,

    /// <summary>A comparison sign, or the dash of a range.</summary>
    Symbol,
}

/// <summary>One word of a question or of a cell.</summary>
/// <param name="Text">As written.</param>
/// <param name="Folded">Lower case without diacritics.</param>
/// <param name="Kind">What it is made of.</param>
/// <param name="Quote">Number of the quotation it stands in, 0 for none.</param>
/// <param name="Value">Of a number; otherwise 0.</param>
internal sealed record Word(string Text, string Folded, WordKind Kind, int Quote = 0, double Value = 0)
{
    private string? _stem;
    private string? _singular;

    public string Stem => _stem ??= Text.Length == 0 ? "" : Analyst.Text.Stem.Of(Folded);

    public string Singular => _singular ??= Analyst.Text.Stem.Singular(Folded);

    public bool IsCapitalised => char.IsUpper(Text[0]);
}
