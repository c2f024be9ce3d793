#pragma warning disable CA1051, CA1003, CA1711, CA1034, CA1720, CA1805, CA1819, CA1815, CA1822, CS0067 // Samples of everything a surface can hold.
using System.Collections;

namespace AiMesh.StandIns.Tests.PublicSurface;

public sealed class SurfaceDumperTests
{
    public enum Colour
    {
        Red = 1,
        Blue = 4,
    }

    public delegate Task<T> Maker<T>(int? count, out string text)
        where T : class, new();

    [Fact]
    public void Dump_OfAClass_WritesEveryVisibleMember()
    {
        string[] expected =
        [
            "E:Changed : EventHandler",
            "F:Limit : int const",
            "F:Shared : string static readonly",
            "I: : IReadOnlyList<string>",
            "M:#ctor() protected",
            "M:Merge<T>(params IEnumerable<T>[] parts) : T[] static where T : IComparable<T>",
            "M:Open(string path = null, int size = 3, SurfaceDumperTests.Colour colour = SurfaceDumperTests.Colour.Blue, CancellationToken token = default) : void virtual",
            "M:GetEnumerator() : IEnumerator<string>",
            "M:Run(ref int times) : bool protected abstract",
            "P:Count : int {get}",
            "P:Name : string {get}",
            "P:Name : string {set} protected",
            "P:Start : DateTime? {init}",
            "P:this[int index] : string {get}",
        ];
        var name = TypeNames.Full(typeof(Sample));

        var lines = SurfaceDumper.Dump(typeof(Sample)).ToArray();

        Assert.Equal($"T:{name} abstract class : List<int>", lines[0]);
        Assert.Equal(
            expected.Select(line => line.Replace("I:", $"I:{name}", StringComparison.Ordinal)).Order(),
            lines[1..].Select(line => line.Replace($"{name}.", "", StringComparison.Ordinal)).Order());
    }

    [Fact]
    public void Dump_OfEnumsAndDelegates_WritesValuesAndInvoke()
    {
        const string Here = "AiMesh.StandIns.Tests.PublicSurface.SurfaceDumperTests";

        Assert.Equal([$"T:{Here}.Colour enum", $"F:{Here}.Colour.Red = 1", $"F:{Here}.Colour.Blue = 4"], SurfaceDumper.Dump(typeof(Colour)));
        Assert.Equal(
            [$"T:{Here}.Maker<T> delegate where T : class, new()", $"M:{Here}.Maker<T>.Invoke(int? count, out string text) : Task<T>"],
            SurfaceDumper.Dump(typeof(Maker<>)));
    }

    [Fact]
    public void Parse_OfBothAccessors_GivesALineForEach() =>
        Assert.Equal(["P:A.B : int {get}", "P:A.B : int {set}"], SurfaceList.Parse(["# comment", "", "P:A.B : int {get;set}"]).Lines.Order());

    [Fact]
    public void Parse_OfAnUnknownLine_Fails() => Assert.Throws<FormatException>(() => SurfaceList.Parse(["public void Run()"]));

    public abstract class Sample : List<int>, IReadOnlyList<string>
    {
        public const int Limit = 3;

        public static readonly string Shared = "";

        internal int Hidden;

        protected Sample() => Hidden = 0;

        internal Sample(int hidden) => Hidden = hidden;

        public event EventHandler? Changed;

        public string? Name { get; protected set; }

        public DateTime? Start { internal get; init; }

        public new int Count => Hidden;

        public new string this[int index] => "";

        public static T[] Merge<T>(params IEnumerable<T>[] parts)
            where T : IComparable<T> => [.. parts.SelectMany(part => part)];

        public virtual void Open(string? path = null, int size = 3, Colour colour = Colour.Blue, CancellationToken token = default) => Changed?.Invoke(this, EventArgs.Empty);

        public override string ToString() => "";

        public new IEnumerator<string> GetEnumerator() => Enumerable.Empty<string>().GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        protected abstract bool Run(ref int times);

        private protected void Inside()
        {
        }
    }
}
