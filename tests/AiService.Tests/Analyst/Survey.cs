using System.Text.Json.Nodes;

namespace AiMesh.AiService.Tests.Analyst;

/// <summary>An answer to a fund survey.</summary>
internal sealed record Survey(
    string Row, string Organisation, string Fund, string[] Markets, double? Size, int Investments, string Sector, string Status, string? Email)
{
    public static IReadOnlyList<Survey> All { get; } =
    [
        new("r1", "Acacia Capital", "Acacia Fund I", ["Kenya", "Uganda"], 50, 12, "Agriculture", "completed", "hello@acacia.example"),
        new("r2", "Acacia Capital", "Acacia Fund II", ["Kenya", "Tanzania", "Rwanda"], 120, 4, "Fintech", "completed", "hello@acacia.example"),
        new("r3", "Baobab Partners", "Baobab Growth", ["Nigeria", "Ghana"], 250.5, 31, "Fintech", "completed", "team@baobab.example"),
        new("r4", "Cedar Ventures", "Cedar Seed", ["Lebanon", "Jordan"], 15, 9, "Education", "draft", null),
        new("r5", "Dune Investments", "Dune Infrastructure", ["Morocco", "Egypt"], 400, 7, "Energy", "completed", "ir@dune.example"),
        new("r6", "Ébène Gestion", "Ébène Santé", ["Senegal", "Ivory Coast"], 35, 5, "Health", "in review", "contact@ebene.example"),
        new("r7", "Fynbos Equity", "Fynbos Impact", ["South Africa"], null, 0, "Health", "draft", "x@fynbos.example"),
        new("r8", "Great Rift Capital", "Rift Climate", ["Kenya", "Ethiopia"], 90, 14, "Energy", "completed", "office@rift.example"),
        new("r9", "Harmattan", "Harmattan Agri", ["Ghana", "Nigeria", "Kenya"], 60, 22, "Agriculture", "completed", "agri@harmattan.example"),
        new("r10", "Iroko Finance", "Iroko SME", ["Nigeria"], 75, 18, "Fintech", "in review", "sme@iroko.example"),
    ];

    public static string Block(IEnumerable<Survey> surveys) => TestBlock.Write(
        "surveys", "Fund survey", surveys.Select(s => new JsonObject
        {
            ["#"] = s.Row,
            ["organisation_name"] = s.Organisation,
            ["fund_name"] = s.Fund,
            ["geographic_markets"] = new JsonArray([.. s.Markets.Select(m => JsonValue.Create(m))]),
            ["target_fund_size"] = s.Size,
            ["investments_made"] = s.Investments,
            ["sector_focus"] = s.Sector,
            ["submission_status"] = s.Status,
            ["contact_email"] = s.Email,
        }),
        ("organisation_name", "string"), ("fund_name", "string"), ("geographic_markets", "string_list"),
        ("target_fund_size", "number: Target size in millions of dollars"), ("investments_made", "integer"), ("sector_focus", "string"),
        ("submission_status", "string"), ("contact_email", "string"));
}
