using System.Globalization;
using AiMesh.Data.V1;
using static AiMesh.DataService.Tests.Shapes;
using Action = AiMesh.Data.V1.RowRule.Types.Action;
using Type = AiMesh.Data.V1.Field.Types.Type;

namespace AiMesh.DataService.Tests.NonInterference;

/// <summary>
/// A dataset with something hidden in every way that there is: fields that a role does not see, rows that it does not, a rule that asks for a hidden
/// field. Each role has an organisation of its own with its own copy, in which all that this role does not see differs between the worlds.
/// </summary>
internal static class Scene
{
    public const string Dataset = "staff";
    public const int Rows = 40;

    public static readonly string[] Roles = ["clerk", "regional", "author", "auditor", "outsider"];

    /// <summary>Names that no role in <see cref="Roles"/> sees.</summary>
    public static readonly string[] Hidden = ["salary", "secret", "score", "aliases", "left_at"];

    public static readonly string[] Visible = ["name", "dept", "grade", "rating", "joined", "seen", "active", "tags"];

    /// <summary>Roles that see rating; to the others it is hidden as well.</summary>
    private static readonly string[] Raters = ["clerk", "auditor"];

    /// <param name="leak">A guard that is left out on purpose, or empty.</param>
    public static Dataset Definition(string leak) => Dataset(
        [
            Field("name", required: true), Field("dept"), Field("grade", Type.Integer), Field("rating", Type.Number, string.Join(',', Raters)), Field("joined", Type.Date),
            Field("seen", Type.Timestamp), Field("active", Type.Boolean), Field("tags", Type.StringList), Field("salary", Type.Integer, leak == "field" ? "boss,clerk" : "boss"),
            Field("secret", Type.String, "boss"), Field("score", Type.Number, "boss"), Field("aliases", Type.StringList, "boss"), Field("left_at", Type.Timestamp, "boss"),
        ],
        Admins,
        Rule("clerk", leak == "row" ? "" : "dept = sales"),
        Rule("clerk", "dept = sales", Action.Create), Rule("clerk", "dept = sales AND grade < 5", Action.Update), Rule("clerk", "dept = sales AND grade < 3", Action.Delete),
        Rule("regional", "dept = user.attributes.dept", Action.Read, Action.Create, Action.Update),
        Rule("author", "row.owner = user.id", Action.Read, Action.Update, Action.Delete), Rule("author", "", Action.Create),
        Rule("auditor", "salary > 1000"), Rule("auditor", "grade < 4", Action.Update, Action.Delete));

    public static bool SeesRow(string role, int row) => role switch
    {
        "clerk" or "regional" => row % 2 == 0,
        "author" => row % 3 == 0,
        "auditor" => row % 4 != 0,
        _ => false,
    };

    /// <summary>The values of a row in a world. What the role sees is the same in both; everything else comes from the world's own chance.</summary>
    public static (string Name, object? Value)[] Values(string role, int row, Random world)
    {
        var (common, seen) = (new Random(row), SeesRow(role, row));
        var open = Open(row, seen, seen ? common : world);
        if (!Raters.Contains(role)) open[3] = ("rating", Math.Round(world.NextDouble() * 10, 3));
        return [.. open, .. Secret(role, seen, world)];
    }

    /// <summary>New values of what the role does not see, for a change behind its back.</summary>
    public static (string Name, object? Value)[] Change(string role, int row, Random world) =>
        SeesRow(role, row) ? [.. Secret(role, true, world)] : [.. Open(row, false, world), .. Secret(role, false, world)];

    private static (string Name, object? Value)[] Open(int row, bool isSeen, Random random) =>
    [
        ("name", $"n{row % 7}{Text(random, 12)}"),
        ("dept", isSeen ? "sales" : random.Next(3) == 0 ? null : "vault" + Text(random, 40)),
        ("grade", random.Next(5) == 0 ? null : random.Next(8)),
        ("rating", random.Next(4) == 0 ? null : Math.Round(random.NextDouble() * 10, 3)),
        ("joined", random.Next(4) == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"20{random.Next(10, 26)}-0{random.Next(1, 10)}-1{random.Next(10)}")),
        ("seen", random.Next(4) == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"2026-01-0{random.Next(1, 10)}T10:00:00.{random.Next(1000):000}Z")),
        ("active", random.Next(3) == 0 ? null : random.Next(2) == 0),
        ("tags", random.Next(3) == 0 ? null : Enumerable.Range(0, random.Next(4)).Select(_ => Text(random, 6)).ToArray()),
    ];

    // The auditors' rule asks for the salary, so what it decides is told; on either side of the bound nothing is.
    private static (string Name, object? Value)[] Secret(string role, bool isSeen, Random world) =>
    [
        ("salary", role != "auditor" && world.Next(4) == 0 ? null : role == "auditor" && !isSeen ? world.Next(1000) : world.Next(1001, 9000)),
        ("secret", world.Next(4) == 0 ? null : Text(world, world.Next(20) == 0 ? 30_000 : 60)),
        ("score", world.Next(4) == 0 ? null : world.NextDouble() * Math.Pow(10, world.Next(-9, 9))),
        ("aliases", world.Next(4) == 0 ? null : Enumerable.Range(0, world.Next(30)).Select(_ => Text(world, 20)).ToArray()),
        ("left_at", world.Next(3) == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"2026-02-0{world.Next(1, 10)}T10:00:00Z")),
    ];

    private static string Text(Random random, int length) => new([.. Enumerable.Range(0, random.Next(length)).Select(_ => "abcdeß,;\"' \n=ü%_*\\😀"[random.Next(17)])]);
}
