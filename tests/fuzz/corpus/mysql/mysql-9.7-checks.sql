CREATE TABLE `checks` (
  `a` int DEFAULT NULL,
  `b` varchar(10) DEFAULT NULL,
  CONSTRAINT `c1` CHECK ((`b` <> _utf8mb4'x)')),
  CONSTRAINT `c2` CHECK (((`a` < 100) and (`b` in (_utf8mb4'a',_utf8mb4'b')))),
  CONSTRAINT `checks_chk_1` CHECK ((`a` > 0)),
  CONSTRAINT `checks_chk_2` CHECK ((`a` <> 5))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci