CREATE TABLE `not_enforced` (
  `a` int DEFAULT NULL,
  `b` int DEFAULT NULL,
  CONSTRAINT `c` CHECK ((`b` > `a`)) /*!80016 NOT ENFORCED */,
  CONSTRAINT `not_enforced_chk_1` CHECK ((`a` > 0)) /*!80016 NOT ENFORCED */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci