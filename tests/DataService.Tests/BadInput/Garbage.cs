using System.Text;

namespace AiMesh.DataService.Tests.BadInput;

/// <summary>Makes input that is wrong in every way: right input that was broken, and noise in the alphabet of the language.</summary>
internal sealed class Garbage(Random random)
{
    private static readonly string[] Odd = ["\0", "\uFFFF", "\u202E", "\uD83D\uDE00", "\r", "\n", "\t", "\\", "\"", "'", "`", "%", "--", ";", "${x}", "$1", "NaN", "1e999", "-0", "99999999999999999999", "\u00A0", "ﬀ", "\u0130", "É", "DROP TABLE", "]]>", "\uFEFF"];

    /// <summary>A valid text, cut, doubled, spiked or shuffled.</summary>
    public string Break(string valid)
    {
        var text = new StringBuilder(valid);
        for (var i = random.Next(1, 5); i > 0; i--)
        {
            var at = random.Next(text.Length + 1);
            var length = Math.Min(random.Next(1, 6), text.Length - at);
            switch (random.Next(6))
            {
                case 0:
                    text.Remove(at, length);
                    break;
                case 1:
                    text.Insert(at, text.ToString(at, length));
                    break;
                case 2 or 3:
                    text.Insert(at, Odd[random.Next(Odd.Length)]);
                    break;
                case 4:
                    text.Length = at;
                    break;
                default:
                    text.Insert(at, (char)random.Next(0x20, 0xD7FF));
                    break;
            }
        }

        return text.ToString();
    }

    /// <summary>Tokens of a language in any order.</summary>
    public string Noise(string[] tokens) => string.Concat(Enumerable.Range(0, random.Next(1, 25)).Select(_ => (random.Next(8) == 0 ? Odd[random.Next(Odd.Length)] : tokens[random.Next(tokens.Length)]) + (random.Next(3) == 0 ? " " : "")));

    public string Of(string[] valid, string[] tokens) => random.Next(2) == 0 ? Break(valid[random.Next(valid.Length)]) : Noise(tokens);
}
