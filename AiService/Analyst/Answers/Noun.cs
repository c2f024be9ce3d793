using AiMesh.AiService.Analyst.Tables;
using AiMesh.AiService.Analyst.Text;

namespace AiMesh.AiService.Analyst.Answers;

/// <summary>What a table's rows are called, one and many.</summary>
internal static class Noun
{
    private static readonly string[] PlainPlurals = ["movies", "cookies", "calories"];

    public static string Counted(Table table, double count) =>
        (count == 0 ? "no" : NumberText.Exact(count)) + " " + (count == 1 ? One(table) : Many(table));

    public static string Many(Table table)
    {
        var head = Lexer.Words(table.Id.Replace('_', ' ')).LastOrDefault()?.Folded ?? "";
        return head.Length > 3 && head[^1] is 's' && head[^2] is not ('s' or 'u' or 'i') ? head : "rows";
    }

    public static string One(Table table)
    {
        var many = Many(table);
        return many.EndsWith("ies", StringComparison.Ordinal) && !PlainPlurals.Contains(many) ? many[..^3] + "y" : many[..^1];
    }
}
